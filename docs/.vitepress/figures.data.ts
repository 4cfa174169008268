/** The figures of the pages, drawn by the packages that they tell of when the site is built. */
import { readFileSync } from "node:fs";
import { attentionCost } from "@ropewalk/attention-merge/wgsl";
import { curves, type Curve } from "@ropewalk/charts";
import { queryScale, type EntropyScaling } from "@ropewalk/entropy-scaling";
import {
  leakyReRope,
  plain,
  reRope,
  relativePosition,
  selfExtend,
  type PositionMapping,
} from "@ropewalk/position-mapping";
import { positionMapping } from "@ropewalk/position-mapping/scheme";
import { ropeFrequencies, type RopeScaling } from "@ropewalk/rope";

export type FigureData = {
  readonly title: string;
  readonly svg: string;
  readonly width: number;
  readonly height: number;
};

const sized = (title: string, svg: string): FigureData => {
  const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!;
  return { title, svg, width: Number(width), height: Number(height) };
};

/** From 0 on, evenly, to `to`. */
const grid = (to: number, parts: number): readonly number[] =>
  Array.from({ length: parts + 1 }, (_, at) => Math.round((to * at) / parts));

const trained = 4096;

const positions = (): FigureData => {
  const query = 16_383;
  const mappings: readonly (readonly [string, PositionMapping])[] = [
    ["plain", plain()],
    ["SelfExtend, G = 8, W = 1,024", selfExtend({ groupSize: 8, window: 1024 })],
    ["ReRoPE, W = 1,024", reRope({ window: 1024 })],
    ["Leaky ReRoPE, s = 4, W = 1,024", leakyReRope({ factor: 4, window: 1024 })],
    ["STRING, S = 1,366, W = 1,024", positionMapping({ kind: "string", shiftFrom: 1366, window: 1024 })],
  ];
  const title = "Relative position by distance, of a model trained on 4,096 tokens";
  const svg = curves({
    ...{ title, across: "distance in tokens", up: "relative position", most: 6000 },
    level: { y: trained, name: "trained window" },
    curves: mappings.map(([name, mapping]) => ({
      name,
      points: grid(query, 256).map((x) => ({ x, y: relativePosition(mapping, query, query - x)! })),
    })),
  });
  return sized(title, svg);
};

const frequencies = (): FigureData => {
  const base = { rotaryDim: 128, theta: 10_000 };
  const own = ropeFrequencies({ ...base, scaling: { kind: "default" } }).inverseFrequencies;
  const long = { factor: 4, originalContext: trained };
  const scalings: readonly (readonly [string, RopeScaling])[] = [
    ["position interpolation", { kind: "linear", factor: 4 }],
    ["NTK-aware", { kind: "ntk-aware", factor: 4 }],
    ["YaRN", { kind: "yarn", ...long }],
    ["Llama 3", { kind: "llama3", ...long, lowFreqFactor: 1, highFreqFactor: 4 }],
    ["MrRoPE, progressive", { kind: "mr-rope", variant: "progressive", ...long }],
  ];
  const title = "Frequencies for 4 times the window, as parts of those trained";
  const svg = curves({
    ...{ title, across: "pair of dimensions, of 64", up: "f'(j) / f(j)" },
    curves: scalings.map(([name, scaling]) => ({
      name,
      points: [...ropeFrequencies({ ...base, scaling }).inverseFrequencies].map((f, x) => ({ x, y: f / own[x]! })),
    })),
  });
  return sized(title, svg);
};

const scales = (): FigureData => {
  const rows: readonly (readonly [string, EntropyScaling])[] = [
    ["log-n", { kind: "log-n", trainedContext: trained }],
    ["YaRN's temperature, s = 8", { kind: "yarn-temperature", factor: 8 }],
  ];
  const title = "What a query is multiplied by, for a model trained on 4,096 tokens";
  const svg = curves({
    ...{ title, across: "position of the query", up: "scale" },
    marks: [{ at: trained, label: "trained window" }],
    curves: rows.map(([name, scaling]) => ({
      name,
      points: grid(32_768, 256).map((x) => ({ x, y: queryScale(scaling, { layer: 0, position: x }) })),
    })),
  });
  return sized(title, svg);
};

const costs = (): FigureData => {
  const heads = { numHeads: 32, numKvHeads: 8, headDim: 128, queryLen: 512 };
  const starts = grid(32_256, 63).slice(2);
  const plainFlops = (start: number): number =>
    attentionCost({ ...heads, bands: { kind: "plain" }, start }).tiled.operations;
  const title = "Operations of a chunk of 512 queries under SelfExtend, as parts of plain attention's";
  const ratio = (name: string, flops: (start: number) => number): Curve => ({
    name,
    points: starts.map((x) => ({ x, y: flops(x) / plainFlops(x) })),
  });
  const svg = curves({
    ...{ title, across: "keys before the chunk", up: "ratio" },
    level: { y: 1, name: "plain attention" },
    curves: [
      ratio(
        "in bands, W = 1,024",
        (start) => attentionCost({ ...heads, bands: { kind: "nearAndFar", window: 1024 }, start }).tiled.operations,
      ),
      // Scores twice, values once.
      ratio("two whole matrices of scores", (start) => 1.5 * plainFlops(start)),
    ],
  });
  return sized(title, svg);
};

type Measured = {
  readonly groupSize?: number;
  readonly window?: number;
  readonly buckets: readonly { readonly from: number; readonly to: number; readonly loss: number }[];
};

const losses = (): FigureData => {
  const measured = JSON.parse(
    readFileSync(new URL("measured/loss-by-window.json", import.meta.url), "utf8"),
  ) as readonly Measured[];
  const title = "Loss by position, of a model trained on 512 tokens";
  const svg = curves({
    ...{ title, across: "position", up: "nats per token", most: 1.8, dots: true },
    marks: [{ at: 512, label: "trained window" }],
    curves: measured
      .filter(({ groupSize }) => groupSize === undefined || groupSize === 32)
      .map(({ window, buckets }) => ({
        name: window === undefined ? "plain" : `SelfExtend, G = 32, W = ${window}`,
        points: buckets.map(({ from, to, loss }) => ({ x: (from + to) / 2, y: loss })),
      })),
  });
  return sized(title, svg);
};

const figures = { positions, frequencies, scales, costs, losses } as const;

export type Figures = { readonly [K in keyof typeof figures]: FigureData };

export declare const data: Figures;

export default {
  watch: ["measured/*.json"],
  load: (): Figures =>
    Object.fromEntries(Object.entries(figures).map(([name, draw]) => [name, draw()])) as unknown as Figures,
};
