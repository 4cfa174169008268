/** Several curves over one another, each with its name: a self-contained SVG document, on white, the same on a dark page. */

export type Curve = {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
};

export type Picture = {
  readonly title: string;
  readonly across: string;
  readonly up: string;
  readonly curves: readonly Curve[];
  /** A level worth knowing, as a dashed line. */
  readonly level?: { readonly y: number; readonly name: string };
  /** Values across that have a mark. */
  readonly marks: readonly number[];
  /** The highest value that is shown: a curve that goes beyond leaves the picture. */
  readonly most?: number;
};

/** Blue, vermilion, green, purple, orange, light blue: told apart by those who do not see colours as most do, too. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const;

const [left, top, width, height, legendWidth] = [56, 44, 520, 320, 240] as const;

const escape = (text: string): string => text.replace(/[<>&]/g, (mark) => `&#${mark.charCodeAt(0)};`);

const write = (x: number, y: number, content: string, kind = "note"): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" class="${kind}">${escape(content)}</text>`;

/** Round numbers around values, five to ten of them. */
export const ticksOf = (low: number, high: number): readonly number[] => {
  const span = Math.max(high - low, 1e-9) / 6;
  const power = 10 ** Math.floor(Math.log10(span));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= span)!;
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
};

const style =
  "text{font:12px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:14px}.down{text-anchor:end}" +
  ".across{text-anchor:middle}path{fill:none;stroke:#d0d7de}.curve{stroke-width:2}.level{stroke:#57606a;stroke-dasharray:4 3}";

export const renderCurves = ({ title, across, up, curves, level, marks, most = Infinity }: Picture): string => {
  const points = curves.flatMap((curve) => curve.points);
  const values = [...points.map(({ y }) => Math.min(y, most)), ...(level ? [level.y] : [])];
  const ticks = ticksOf(Math.min(...values), Math.max(...values));
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const [first, last] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const [right, bottom] = [left + width, top + height];
  const x = (value: number): string => (left + ((value - first) / (last - first)) * width).toFixed(1);
  const y = (value: number): number => bottom - ((value - low) / (high - low)) * height;
  const path = (curve: Curve): string =>
    curve.points.map((point, at) => `${at ? "L" : "M"}${x(point.x)} ${y(point.y).toFixed(1)}`).join("");
  const decimals = ticks.some((tick) => Math.abs(tick * 10 - Math.round(tick * 10)) > 1e-6) ? 2 : 1;
  const stroke = (index: number): string => `class="curve" style="stroke:${colours[index % colours.length]}"`;
  const size = `width="${right + legendWidth}" height="${bottom + 52}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${right + legendWidth} ${bottom + 52}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${style}</style>`,
    `<clipPath id="area"><rect x="${left}" y="${top - 1}" width="${width}" height="${height + 2}"/></clipPath>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    write(left, 22, title, "title"),
    ...ticks.map(
      (tick) =>
        `<path d="M${left} ${y(tick).toFixed(1)}H${right}"/>${write(left - 8, y(tick) + 4, tick.toFixed(decimals), "down")}`,
    ),
    ...marks.map((mark) => write(Number(x(mark)), bottom + 18, mark.toLocaleString("en"), "across")),
    ...(level
      ? [
          `<path class="level" d="M${left} ${y(level.y).toFixed(1)}H${right}"/>`,
          write(right + 12, y(level.y) + 4, level.name),
        ]
      : []),
    ...curves.map((curve, index) => `<path clip-path="url(#area)" ${stroke(index)} d="${path(curve)}"/>`),
    ...curves.map(({ name }, index) => {
      const at = top + 10 + 20 * index;
      return `<path ${stroke(index)} d="M${right + 12} ${at}h20"/>${write(right + 38, at + 4, name)}`;
    }),
    write(left, bottom + 42, `across: ${across}; up: ${up}`),
    "</svg>",
    "",
  ].join("\n");
};
