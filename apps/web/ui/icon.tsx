/** Strokes on a grid of 16, drawn for this page. */
const paths = {
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 12A5 5 0 107 2a5 5 0 000 10zM10.6 10.6L14 14',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5l7.5 4.5L5 12.5z',
  stop: 'M4 4h8v8H4z',
  down: 'M4 6l4 4 4-4',
  up: 'M4 10l4-4 4 4',
  end: 'M8 2.5v8M4.5 7.5L8 11l3.5-3.5M3.5 13.5h9',
  clock: 'M8 14A6 6 0 108 2a6 6 0 000 12zM8 4.8V8l2.2 1.6',
  download: 'M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.5h10',
  copy: 'M6 5.5h7v8H6zM3 10.5v-8h7',
  link: 'M6.6 9.4l2.8-2.8M7.4 4.9l1.3-1.3a2.6 2.6 0 013.7 3.7l-1.3 1.3M8.6 11.1l-1.3 1.3a2.6 2.6 0 01-3.7-3.7l1.3-1.3',
  help: 'M8 14A6 6 0 108 2a6 6 0 000 12zM6.2 6.4c0-2.4 3.6-2.3 3.6 0 0 1.4-1.8 1.4-1.8 3M8 11.4v.2',
  sun: 'M8 10.7a2.7 2.7 0 100-5.4 2.7 2.7 0 000 5.4zM8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1',
  moon: 'M13 9.5A5.5 5.5 0 016.5 3 5.5 5.5 0 1013 9.5z',
  auto: 'M8 14A6 6 0 108 2a6 6 0 000 12zM8 2.5v11M10 3.2v9.6M12 5v6',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  warning: 'M8 2.5L14.5 13.5h-13zM8 6.5v3.2M8 11.6v.2',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  trash: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9',
  edit: 'M3 13l.6-3L10.8 2.8l2.4 2.4L6 12.4z',
  rewind: 'M7.5 4L3 8l4.5 4zM13 4L8.5 8l4.5 4z',
  bell: 'M4 11.5V7a4 4 0 018 0v4.5l1 1H3zM6.5 14h3',
  exit: 'M9.5 5V2.5h-7v11h7V11M6.5 8h7.5M11.5 5.5L14 8l-2.5 2.5',
} as const;

export type IconName = keyof typeof paths;

/** A sign beside or in place of words; the words are the accessible name. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
