import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";

/**
 * A long table of which only the rows in view are in the page. A screen reader is told how many there are, and where in them each is. The rows are
 * one stop of the Tab key each as their links are; Page Up, Page Down, Home and End move the table while it has the focus.
 */
export function Rows<T>({ rows, height, columns, head, label, row, keyOf }: {
  readonly rows: readonly T[]; readonly height: number; /** Of the grid, for the style sheet. */ readonly columns: string; readonly head: ComponentChildren; readonly label: string;
  readonly row: (row: T) => ComponentChildren; readonly keyOf: (row: T) => string;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null), [, draw] = useReducer((k: number) => k + 1, 0);
  const virtual = useRef<Virtualizer<HTMLDivElement, HTMLDivElement> | undefined>(undefined);
  const options = {
    count: rows.length, getScrollElement: () => box.current, estimateSize: () => height, overscan: 8, getItemKey: (i: number) => keyOf(rows[i]!),
    observeElementRect, observeElementOffset, scrollToFn: elementScroll, onChange: () => draw(undefined), initialRect: { width: 1000, height: 600 },
  };
  const v = virtual.current ??= new Virtualizer(options);
  v.setOptions(options);
  useEffect(() => v._didMount(), []);
  useLayoutEffect(() => v._willUpdate());
  const items = v.getVirtualItems();
  return (
    <div class={`grid ${columns}`} role="table" aria-label={label} aria-rowcount={rows.length + 1}>
      <div class="grid-head" role="row" aria-rowindex={1}>{head}</div>
      <div class="grid-body" ref={box} tabIndex={0} role="rowgroup" aria-label={label}>
        <div ref={(el) => { if (el) el.style.height = `${v.getTotalSize()}px`; }} class="grid-tall" role="presentation">
          {items.map((item) => (
            <div key={item.key} class="grid-row" role="row" aria-rowindex={item.index + 2} ref={(el) => { if (el) el.style.transform = `translateY(${item.start}px)`; }}>{row(rows[item.index]!)}</div>
          ))}
        </div>
      </div>
    </div>
  );
}
