import type { JSX } from "preact";

/** Own drawings on a grid of 24, in strokes of 2. They say nothing to a screen reader: words beside them do. */
const drawings = {
  today: "M5 6.5h14a1.5 1.5 0 0 1 1.5 1.5v10.5A1.5 1.5 0 0 1 19 20H5a1.5 1.5 0 0 1-1.5-1.5V8A1.5 1.5 0 0 1 5 6.5M3.5 11h17M8 3.5v4M16 3.5v4M8.5 15.5l2 2 4-4",
  calendar: "M5 6.5h14a1.5 1.5 0 0 1 1.5 1.5v10.5A1.5 1.5 0 0 1 19 20H5a1.5 1.5 0 0 1-1.5-1.5V8A1.5 1.5 0 0 1 5 6.5M3.5 11h17M8 3.5v4M16 3.5v4",
  people: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 19.5c.4-3.300 3-5.300 6.5-5.300s6.100 2 6.5 5.300M16 4.800a3.400 3.400 0 0 1 0 6.400M18.300 14.800c1.900.8 3 2.400 3.200 4.700",
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20.5c.5-4 3.5-6.300 7.5-6.300s7 2.300 7.5 6.300",
  record: "M4.5 19.5l.9-4L16.300 4.600a1.600 1.600 0 0 1 2.300 0l.8.8a1.600 1.600 0 0 1 0 2.300L8.5 18.600zM14.200 6.700l3.100 3.100M13 20h7",
  plus: "M12 5v14M5 12h14",
  more: "M4.5 7h15M4.5 12h15M4.5 17h15",
  check: "M4.5 12.5l5 5 10-11",
  cross: "M6 6l12 12M18 6L6 18",
  up: "M12 19.5V5M5.5 11.5L12 5l6.5 6.5",
  sync: "M19.5 11a7.600 7.600 0 0 0-13.300-4L4 9.300M4 4.5v4.800h4.800M4.5 13a7.600 7.600 0 0 0 13.300 4l2.200-2.300M20 19.5v-4.800h-4.800",
  offline: "M3.5 3.5l17 17M8.300 8.100A5.400 5.400 0 0 0 7.100 9.900 4.300 4.300 0 0 0 7.5 18.5h10.300M11.200 6.300a5.5 5.5 0 0 1 6.200 4.700 3.800 3.800 0 0 1 3 5.700",
  alert: "M12 4L2.800 19.5h18.400zM12 10v4.5M12 17v.1",
  hand: "M4.5 5.5h15v10.5h-8L7.5 19.5V16h-3zM12 8.300v3M12 13.300v.1",
  clock: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17M12 7.5V12l3 2.5",
  lock: "M6.5 10.5h11A1.5 1.5 0 0 1 19 12v6.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 18.5V12a1.5 1.5 0 0 1 1.5-1.5M8 10.5V8a4 4 0 0 1 8 0v2.5M12 14.5v2",
  key: "M8 15.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 11.5h8.5v3.5M17 11.5v2.5",
  shield: "M12 3.5l7.5 2.5v5.5c0 4.300-3 7.5-7.5 9-4.5-1.5-7.5-4.700-7.5-9V6zM8.5 12l2.5 2.5 4.5-5",
  home: "M4 11l8-7 8 7M6 9.5V19.5h12V9.5M10 19.5v-5.5h4v5.5",
  pin: "M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0c0 5-6.5 11-6.5 11M12 12.300a2.300 2.300 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600",
  phone: "M6.5 3.5h3l1.5 4.5-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4.5 1.5v3a2 2 0 0 1-2.200 2A16.5 16.5 0 0 1 4.5 5.700a2 2 0 0 1 2-2.200",
  message: "M4.5 5h15v11h-8.5L7 19.5V16H4.5z",
  car: "M4 16.5v-4l2-5.5h12l2 5.5v4zM4 12.5h16M6.5 16.5v2M17.5 16.5v2M7.5 14.5h.1M16.5 14.5h.1",
  walk: "M12.5 6.200a1.700 1.700 0 1 0 0-3.400 1.700 1.700 0 0 0 0 3.400M12.5 9l-2 5.5 3 2.5 1 4.5M10.5 14.5L7.5 21M12.5 9l-3.700 1.5-1.300 3M12.5 9l2.5 3 3 .8",
  paper: "M6.5 3.5h7.5l4 4v13H6.5zM13.5 3.5v4.5H18M9.5 12.5h5.5M9.5 16h5.5",
  heart: "M12 20s-8-4.700-8-10.300A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 8 2.700C20 15.300 12 20 12 20",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13M15.300 15.300l5.200 5.200",
  next: "M9 5l7 7-7 7",
  back: "M15 5l-7 7 7 7",
  swap: "M4 8.5h15M15 4.5l4 4-4 4M20 15.5H5M9 11.5l-4 4 4 4",
  two: "M4.5 4.5h6v15h-6zM13.5 4.5h6v15h-6z",
  leave: "M10.5 4.5h-5v15h5M10 12h10.5M16.5 8l4 4-4 4",
  share: "M12 14.5v-11M8.5 6.5L12 3l3.5 3.5M8 9.5H5.5V20h13V9.5H16",
  addBox: "M6 4.5h12A1.5 1.5 0 0 1 19.5 6v12a1.5 1.5 0 0 1-1.5 1.5H6A1.5 1.5 0 0 1 4.5 18V6A1.5 1.5 0 0 1 6 4.5M12 8.5v7M8.5 12h7",
  install: "M7.5 3.5h9A1.5 1.5 0 0 1 18 5v14a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 19V5a1.5 1.5 0 0 1 1.5-1.5M12 7.5v7M9 11.800l3 3 3-3",
  info: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17M12 11v5M12 8v.1",
  bin: "M4.5 6.5h15M9 6.5v-2.5h6v2.5M6.5 6.5l1 13.5h9l1-13.5M10 10.5v6M14 10.5v6",
  off: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17M6 6l12 12",
  star: "M12 3.5l2.600 5.400 5.900.8-4.300 4.100 1 5.900L12 16.900l-5.200 2.800 1-5.900L3.5 9.700l5.900-.8z",
} as const;

export type IconName = keyof typeof drawings;

export function Icon({ name, size = 24 }: { readonly name: IconName; readonly size?: number }): JSX.Element {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      <path d={drawings[name]} />
    </svg>
  );
}

/** The app's mark: two people, one way. The same drawing as icon.mjs, without its ground. */
export const Mark = ({ size = 48 }: { readonly size?: number }): JSX.Element => (
  <svg width={size} height={size} viewBox="120 90 272 336" aria-hidden="true" focusable="false">
    <circle cx="180" cy="150" r="50" fill="#fff" /><circle cx="332" cy="150" r="50" fill="#ffd166" />
    <g fill="none" stroke-linecap="round"><path d="M180 262v50" stroke="#fff" stroke-width="100" /><path d="M332 262v50" stroke="#ffd166" stroke-width="100" /><path d="M148 402h216" stroke="#8ed6c8" stroke-width="24" /></g>
  </svg>
);

/** The steps of two people side by side, going out of the picture. An ornament. */
export const Steps = (): JSX.Element => (
  <svg class="walk" viewBox="0 0 320 96" preserveAspectRatio="xMaxYMid slice" fill="none" stroke-width="5" stroke-linecap="round" stroke-dasharray=".1 17" aria-hidden="true" focusable="false">
    <path stroke="#fff" d="M2 94C60 92 96 72 132 58s84-6 116-22 40-22 58-34" /><path stroke="#ffd166" stroke-dashoffset="8" d="M14 103c54-5 88-20 122-32s84-6 112-22 42-24 66-38" />
  </svg>
);
