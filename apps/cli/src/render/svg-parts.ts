/** What the pictures are made of. */

const escape = (content: string): string => content.replace(/[<>&]/g, (mark) => `&#${mark.charCodeAt(0)};`);

/** @param kind - its class in the document's style */
export const text = (x: number | string, y: number | string, content: string, kind = "note"): string =>
  `<text x="${x}" y="${y}" class="${kind}">${escape(content)}</text>`;

/** Where a value between `low` and `high` lies on a stretch of the picture. */
export const scale =
  (low: number, high: number, from: number, to: number) =>
  (value: number): string =>
    (from + ((value - low) / (high - low)) * (to - from)).toFixed(1);

/** A position worth knowing, as a dashed line. */
export type Mark = { readonly at: number; readonly label: string };

export type Page = {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** Beside what every picture's text looks like. */
  readonly style: string;
};

/** A self-contained SVG document, on white: it looks the same on a dark page. */
export const svgDocument = ({ width, height, title, style }: Page, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:14px}.down{text-anchor:end}.across{text-anchor:middle}${style}</style>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...parts,
    `</svg>`,
    "",
  ].join("\n");
