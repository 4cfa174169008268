/** Products of float16 as they are recorded; how they round is checked where a driver has float16. */
import { evaluate, ndArray, tape, type Tape, type Value } from "@ropewalk/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float16Tile } from "../src/index.ts";
import { emitAttention, emitLongProduct, emitShortProduct } from "../src/onnx.ts";

const size = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

/** Numbers that float16 has, in no order. */
const numbers = (dims: readonly number[], seed: number): readonly number[] =>
  Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, at) => ((at * 7 + seed) % 13) - 6);

const half = (graph: Tape, name: string, dims: readonly number[]): Value => graph.input(name, "float16", dims);

describe("emitLongProduct", () => {
  it("sums up its tiles to the product, whatever the axes before", () => {
    fc.assert(
      fc.property(size(1, 3), size(1, 4), size(1, 4), size(1, 3), size(1, 3), fc.boolean(), (...given) => {
        const [rows, tiles, tile, columns, heads, many] = given;
        const inner = tiles * tile;
        const dims = many
          ? { a: [1, heads, rows, inner], b: [heads, inner, columns] }
          : { a: [rows, inner], b: [inner, columns] };
        const run = (emit: (graph: Tape, a: Value, b: Value) => Value) => {
          const graph = tape();
          const [a, b] = [graph.input("a", "float32", dims.a), half(graph, "b", dims.b)];
          graph.output("out", emit(graph, a, b));
          const feeds = {
            a: ndArray("float32", dims.a, numbers(dims.a, 1)),
            b: ndArray("float16", dims.b, numbers(dims.b, 5)),
          };
          return evaluate(graph.model(), feeds)["out"]!;
        };
        const long = run((graph, a, b) => emitLongProduct(graph, tile, a, b));
        expect(long).toEqual(run(emitShortProduct));
        expect(long.type).toBe("float32");
      }),
    );
  });
});

describe("emitAttention over keys and values in float16", () => {
  it("adds masks, takes the softmax and merges in float32", () => {
    const graph = tape();
    const queries = graph.input("queries", "float32", [1, 2, "rows", 4]);
    const part = (name: string) => ({
      queries,
      keys: half(graph, `${name}_keys`, [2, float16Tile, 4]),
      values: half(graph, `${name}_values`, [2, float16Tile, 4]),
    });
    const tail = part("tail");
    const mask = graph.input("mask", "float32", ["rows", float16Tile]);
    const out = emitAttention(graph, {
      settled: { kind: "dense", ...part("settled"), gate: graph.input("gate", "float32", [1]) },
      recent: [{ bands: [{ queries, keys: tail.keys, mask }], values: tail.values }],
      lengths: graph.input("lengths", "int64", [1]),
    });
    expect(out.type).toBe("float32");
    graph.output("out", out);
    const { node } = graph.model().graph!;
    const made = new Map(node.flatMap((each) => each.output.map((name) => [name, each.opType] as const)));
    const readers = (type: string) => node.filter(({ opType }) => opType === type);
    // What a product of float16 gives goes on in float32, to the softmax above all.
    expect(readers("MatMul")).toHaveLength(4);
    for (const { input } of readers("Add").filter(({ input: [, second] }) => second === "mask"))
      expect(made.get(input[0]!)).toBe("Cast");
    const dims = [2, float16Tile, 4];
    const cached = ["settled_keys", "settled_values", "tail_keys", "tail_values"];
    const { out: result } = evaluate(graph.model(), {
      ...Object.fromEntries(cached.map((name, at) => [name, ndArray("float16", dims, numbers(dims, at))])),
      queries: ndArray("float32", [1, 2, 1, 4], numbers([8], 2)),
      mask: ndArray("float32", [1, float16Tile], new Array<number>(float16Tile).fill(-1e30).fill(0, 0, 3)),
      gate: ndArray("float32", [1], [-1e30]),
      lengths: ndArray("int64", [1], [float16Tile]),
    });
    // The gate is closed: what is seen is three keys of the tail.
    const [queryData, keys, values] = [numbers([8], 2), numbers(dims, 2), numbers(dims, 3)];
    const expected = [0, 1].flatMap((head) => {
      const at = (data: readonly number[], token: number, dim: number): number =>
        data[(head * float16Tile + token) * 4 + dim]!;
      const weights = [0, 1, 2].map((token) =>
        Math.exp([0, 1, 2, 3].reduce((sum, dim) => sum + queryData[head * 4 + dim]! * at(keys, token, dim), 0)),
      );
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return [0, 1, 2, 3].map((dim) =>
        weights.reduce((sum, weight, token) => sum + (weight / total) * at(values, token, dim), 0),
      );
    });
    result!.data.forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 9));
  });
});
