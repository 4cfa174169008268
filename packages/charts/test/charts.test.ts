import { describe, expect, it } from "vitest";
import { amount, dark, goodness, light, luminance } from "../src/colours.ts";
import {
  curves,
  heatMap,
  keyGrid,
  lossCurves,
  panels,
  speedCurves,
  trainingCurve,
  type GridCell,
  type HeatMap,
} from "../src/index.ts";
import { ticksAround } from "../src/ticks.ts";

const bucket = (from: number, to: number, loss: number) => ({ from, to, loss });

const cells: readonly GridCell[] = [128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 131_072].flatMap((length) =>
  [0.1, 0.5].map((depth) => ({ length, depth, found: 7, trials: 10 })),
);

const matrix: HeatMap = {
  title: "a < b",
  rows: 3,
  columns: 3,
  across: "key",
  down: "query",
  colour: "position",
  values: [0, NaN, NaN, 1, 0, NaN, 2, 1, 0],
};

const pictures: Readonly<Record<string, string>> = {
  curves: curves({
    title: "a < b",
    across: "steps",
    up: "loss",
    ticks: [0, 10],
    level: { y: 1.5, name: "goal" },
    dots: true,
    curves: [
      { name: "one", points: [5, NaN, 1].map((y, x) => ({ x, y })) },
      { name: "alone & dotted", points: [{ x: 10, y: 2 }] },
    ],
  }),
  logarithmic: curves({
    title: "a < b",
    across: "tokens",
    up: "share",
    logarithmic: true,
    most: 1,
    curves: [{ name: "one", points: [128, 256].map((x) => ({ x, y: x })) }],
  }),
  lossCurves: lossCurves({
    title: "a < b",
    curves: ["plain", "long ".repeat(40)].map((name) => ({
      name,
      buckets: [bucket(0, 512, 1.2), bucket(512, 700, NaN)],
    })),
    marks: [
      { at: 512, label: "trained window" },
      { at: 900, label: "outside" },
    ],
  }),
  nothingScored: lossCurves({ curves: [{ name: "a < b", buckets: [bucket(0, 1, NaN)] }] }),
  keyGrid: keyGrid({ title: "a < b", methods: [{ method: "none", cells }] }),
  speedCurves: speedCurves({
    title: "a < b",
    names: ["none"],
    contexts: [{ context: 1, costs: [{ prefill: 0.25, decode: 3 }] }],
  }),
  trainingCurve: trainingCurve({ title: "a < b", losses: [{ step: 1, loss: 2 }], evaluations: [{ step: 0, loss: 2 }] }),
  nothingLearned: trainingCurve({ title: "a < b", losses: [], evaluations: [] }),
  heatMap: heatMap(matrix),
  flat: heatMap({ ...matrix, values: new Float32Array(9).fill(3) }),
  nothing: heatMap({ ...matrix, values: new Float64Array(9).fill(NaN) }),
};

const joined = panels({ title: "a < b", pictures: [pictures["curves"]!, pictures["keyGrid"]!] });

describe("panels", () => {
  it("are pictures below one another, with the rules once", () => {
    const tall = (svg: string): number => Number(/viewBox="0 0 420 (\d+)"/.exec(svg)![1]);
    const [upper, lower] = [tall(pictures["curves"]!), tall(pictures["keyGrid"]!)];
    const tops = Array.from(joined.matchAll(/<svg y="(\d+)" width="420" height="(\d+)"/g), ([, ...at]) =>
      at.map(Number),
    );
    expect(tops.map(([, height]) => height)).toEqual([upper, lower]);
    expect(tops[1]![0]).toBe(tops[0]![0]! + upper);
    expect(tall(joined)).toBe(tops[1]![0]! + lower);
    expect(joined.match(/<style>/g)).toHaveLength(1);
    expect(joined.match(/<svg /g)).toHaveLength(3);
    expect(joined.match(/<\/svg>/g)).toHaveLength(3);
  });

  it("are pictures of this package, one at least", () => {
    expect(() => panels({ title: "a", pictures: [] })).toThrow("panels: pictures must hold at least 1, got 0");
    expect(() => panels({ title: "a", pictures: ["<svg/>"] })).toThrow(
      'panels: pictures[0] must be a picture of this package, got "<svg/>"',
    );
  });
});

describe.each(Object.entries(pictures))("%s", (name, svg) => {
  it("is a document by itself, light and dark, with names escaped and numbers that are there", () => {
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" class="ropewalk-chart" [\s\S]*<\/svg>\n$/);
    expect(svg).toContain("@media(prefers-color-scheme:dark)");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    if (name !== "logarithmic") expect(svg).toContain("a &#60; b");
    expect(svg).not.toMatch(/a < b|& dotted/);
    // Every rule is one of this document alone: it leaves a page's own texts as they are.
    const style = /<style>(.*)<\/style>/.exec(svg)![1]!.replace(/@media\([^)]*\)\{(.*)\}$/, "$1");
    for (const rule of style.split("}").filter(Boolean)) expect(rule).toMatch(/^\.ropewalk-chart /);
  });

  it("is 420 units wide, and nothing is written beside it", () => {
    const [, height] = /viewBox="0 0 420 (\d+)"/.exec(svg)!;
    for (const [, x, y, kind, content] of svg.matchAll(/<text x="([^"]*)" y="([^"]*)" class="([^"]*)">([^<]*)</g)) {
      const wide = (kind === "title" ? 7.6 : 6) * content!.replaceAll(/&#\d+;/g, "x").length;
      const from = Number(x) - (kind === "down" ? wide : kind === "across" || kind === "count" ? wide / 2 : 0);
      expect(from, content).toBeGreaterThanOrEqual(0);
      expect(from + wide, content).toBeLessThanOrEqual(424);
      expect(Number(y)).toBeGreaterThan(0);
      expect(Number(y)).toBeLessThan(Number(height));
    }
  });
});

describe("curves", () => {
  it("have round ticks around their values", () => {
    expect(ticksAround([1.52, 2.71]).at).toEqual([1.4, 1.6, 1.8, 2, 2.2, 2.4, 2.6, 2.8]);
    const { at, shown } = ticksAround([0, 0.004]);
    expect(at.map(shown).slice(0, 2)).toEqual(["0.0000", "0.0005"]);
    expect(ticksAround([3, 3]).at.length).toBeGreaterThan(1);
  });

  it("say their names, and break where nothing is", () => {
    const svg = pictures["curves"]!;
    for (const said of [">one<", ">goal<", ">alone &#38; dotted<"]) expect(svg).toContain(said);
    expect(svg.match(/<path class="curve" d="M[^L"]+M[^L"]+"/g)).toHaveLength(1);
    expect(svg.match(/<circle /g)).toHaveLength(3);
  });

  it("a loss alone is named in the title, several in a legend", () => {
    const alone = lossCurves({ curves: [{ name: "plain", buckets: [bucket(0, 512, 1), bucket(512, 1024, 3)] }] });
    expect(alone.match(/>plain</g)).toHaveLength(1);
    expect(alone.match(/<path class="loss" d="M52 [\d.]+L225 [\d.]+L225 [\d.]+L398 [\d.]+"/g)).toHaveLength(1);
    const several = pictures["lossCurves"]!;
    expect(several).toContain(">trained window 512<");
    expect(several).not.toContain("outside");
    expect(several.match(/<g class="line s[01]">/g)).toHaveLength(4);
  });

  it.each([
    [() => lossCurves({ curves: [] }), "lossCurves: curves must hold at least 1, got 0"],
    [
      () => lossCurves({ curves: [1, 2].map(() => ({ name: "a", buckets: [bucket(0, 1, 1)] })) }),
      "lossCurves: title must be given for several curves, got nothing",
    ],
    [
      () =>
        curves({
          title: "a",
          across: "b",
          up: "c",
          logarithmic: true,
          curves: [{ name: "d", points: [{ x: 0, y: 1 }] }],
        }),
      "curves: x must be > 0 on a logarithmic axis, got 0",
    ],
    [() => heatMap({ ...matrix, values: [1] }), "heatMap: values.length must be 9, got 1"],
    [() => heatMap({ ...matrix, rows: 0 }), "heatMap: rows must be an integer >= 1, got 0"],
    [() => keyGrid({ methods: [], titles: "a" } as never), 'got "titles"; title is meant?'],
  ])("refuse what cannot be drawn %#", (draw, message) => expect(draw).toThrow(message));
});

describe("a grid", () => {
  it("has every cell once, lengths in rows of at most eight", () => {
    const svg = pictures["keyGrid"]!;
    expect(svg.match(/>7\/10</g)).toHaveLength(20);
    for (const length of ["128", "32768", "131072"]) expect(svg.split(`>${length}<`)).toHaveLength(2);
  });
});

/** What is drawn, square by square. */
const squares = (svg: string): ReadonlyMap<string, string> =>
  new Map(
    [...svg.matchAll(/<path style="fill:(#[0-9a-f]{6})" d="([^"]*)"/g)].flatMap(([, fill, d]) =>
      [...d!.matchAll(/M(\d+) (\d+)h(\d+)v1/g)].flatMap(([, column, row, wide]) =>
        Array.from({ length: Number(wide) }, (_, at) => [`${row} ${Number(column) + at}`, fill!] as const),
      ),
    ),
  );

describe("a heat map", () => {
  it("has every value's colour at its place, and nothing where nothing is", () => {
    const [low, middle, high] = [amount(0), amount(Math.round(47 / 2) / 47), amount(1)];
    expect(Object.fromEntries(squares(pictures["heatMap"]!))).toEqual({
      "0 0": low,
      "1 0": middle,
      "1 1": low,
      "2 0": high,
      "2 1": middle,
      "2 2": low,
    });
    expect(squares(pictures["nothing"]!).size).toBe(0);
  });

  it("of more than 128 a side is of means, of its own size still", () => {
    const size = 300;
    const values = Float64Array.from({ length: size * size }, (_, at) => Math.floor(at / size) - (at % size)).map(
      (distance) => (distance < 0 ? NaN : distance),
    );
    const svg = heatMap({ ...matrix, rows: size, columns: size, values });
    const drawn = squares(svg);
    expect(drawn.size).toBe((100 * 101) / 2);
    expect(drawn.get("99 0")).toBe(amount(1));
    expect(svg).toContain(">a square is the mean of 3 by 3<");
    expect(svg.length).toBeLessThan(200_000);
  });

  it("by logarithms has tens as far apart, and leaves out what is 0", () => {
    const svg = heatMap({ ...matrix, rows: 1, columns: 4, values: [0, 1e-4, 1e-2, 1], scale: "logarithmic" });
    const drawn = squares(svg);
    expect([drawn.get("0 0"), drawn.get("0 1"), drawn.get("0 3")]).toEqual([undefined, amount(0), amount(1)]);
    expect(drawn.get("0 2")).toBe(amount(24 / 47));
  });
});

const contrast = (a: string, b: string): number => {
  const [low, high] = [luminance(a), luminance(b)].toSorted((one, other) => one - other) as [number, number];
  return (high + 0.05) / (low + 0.05);
};

/** As those see it who lack a cone (Viénot, Brettel and Mollon 1999, over linear light), in CIE Lab. */
const seen = (colour: string, missing: "none" | "red" | "green"): readonly number[] => {
  const [r, g, b] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  const [red, green, blue] = {
    none: [r, g, b],
    red: [0.11238 * r + 0.88762 * g, 0.11238 * r + 0.88762 * g, 0.00401 * r - 0.00401 * g + b],
    green: [0.29275 * r + 0.70725 * g, 0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b],
  }[missing] as [number, number, number];
  const root = (value: number): number => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  const x = root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
  const y = root(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  const z = root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
};

describe("colours", () => {
  it.each([light, dark])("stand out from their ground", ({ ground, series, ink }) => {
    for (const colour of series) expect(contrast(colour, ground), colour).toBeGreaterThan(3);
    expect(contrast(ink, ground)).toBeGreaterThan(7);
  });

  it.each([light, dark])("are told apart without red or green, too", ({ series }) => {
    for (const missing of ["none", "red", "green"] as const)
      for (const [index, colour] of series.entries())
        for (const other of series.slice(index + 1)) {
          const [a, b] = [seen(colour, missing), seen(other, missing)];
          const far = Math.hypot(...a.map((value, at) => value - b[at]!));
          expect(far, `${colour} ${other} ${missing}`).toBeGreaterThan(15);
        }
  });

  it("of a grid's counts are legible in every cell, and of an amount grow lighter evenly", () => {
    for (let found = 0; found <= 10; found++) expect(contrast(goodness(found / 10), "#111111")).toBeGreaterThan(4.5);
    const lights = Array.from({ length: 11 }, (_, at) => luminance(amount(at / 10)));
    expect(lights).toEqual(lights.toSorted((a, b) => a - b));
  });
});
