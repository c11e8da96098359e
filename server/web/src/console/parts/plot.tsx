import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";

export interface Series { readonly label: string; readonly values: readonly (number | null)[] }

/** A chart of weeks. What it shows stands in a table beside it too, so it is a picture and nothing else to a screen reader. */
export function Plot({ weeks, series, unit, label }: { readonly weeks: readonly string[]; readonly series: readonly Series[]; readonly unit?: string; readonly label: string }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const el = box.current;
    if (!el || weeks.length === 0) return undefined;
    const style = getComputedStyle(el), ink = style.getPropertyValue("--ink"), rule = style.getPropertyValue("--rule");
    const colours = ["--link", "--stop", "--needs", "--wait", "--ok", "--edge"].map((name) => style.getPropertyValue(name));
    const dashes = [[], [6, 4], [2, 3], [10, 4], [1, 4], [8, 2]]; // told apart without colours too
    const plot = new UPlot({
      width: el.clientWidth, height: 260, cursor: { show: false }, legend: { show: false }, scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] } },
      axes: [{ stroke: ink, grid: { stroke: rule, width: 1 } }, { stroke: ink, grid: { stroke: rule, width: 1 }, values: (_, all) => all.map((v) => `${v}${unit ?? ""}`) }],
      series: [{}, ...series.map((s, i) => ({ label: s.label, stroke: colours[i % colours.length]!, width: 2, dash: dashes[i % dashes.length]!, points: { size: 6 }, spanGaps: true }))],
    }, [weeks.map((w) => Date.parse(`${w}T00:00:00Z`) / 1000), ...series.map((s) => [...s.values])] as UPlot.AlignedData, el);
    const watch = new ResizeObserver(() => plot.setSize({ width: el.clientWidth, height: 260 }));
    watch.observe(el);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [weeks, series]);
  return (
    <figure class="plot">
      <div ref={box} role="img" aria-label={label} />
      {series.length > 1 && <figcaption class="tags">{series.map((s, i) => <span key={s.label} class={`key k${i % 6}`}>{s.label}</span>)}</figcaption>}
    </figure>
  );
}
