/** Recording a graph that exists already. */
import { describe, expect, it } from "vitest";
import { checkModel, evaluate, ndArray, tape, type GraphProto } from "../src/index.ts";

/** y = (a + 1) b, with a sum that can be replaced. */
const recorded = (): GraphProto => {
  const t = tape("product");
  const [a, b] = [t.input("a", "float32", [2]), t.input("b", "float32", [2])];
  const sum = t.op("Add", [a, t.constant("float32", [], [1])], {}, { output: "sum" });
  t.output("y", t.op("Mul", [sum, b], {}, { output: "y" }));
  return t.model().graph!;
};

const x = ndArray("float32", [2], [3, 4]);

describe("inline", () => {
  it("records a graph twice, under names nested in scopes", () => {
    const graph = recorded();
    const t = tape();
    const value = t.input("x", "float32", [2]);
    const once = t
      .scope("once")
      .inline(graph, {
        inputs: new Map([
          ["a", value],
          ["b", value],
        ]),
      })
      .get("y")!;
    const twice = t
      .scope("twice")
      .inline(graph, {
        inputs: new Map([
          ["a", once],
          ["b", value],
        ]),
      })
      .get("y")!;
    t.output("z", twice);
    const model = t.model();
    checkModel(model);
    expect([...evaluate(model, { x })["z"]!.data]).toEqual([39, 84]);
    expect(once).toEqual({ name: "/once/y", type: "float32", dims: [2] });
    expect(model.graph!.node.map(({ name }) => name).slice(0, 2)).toEqual(["/once/Add", "/once/Mul"]);
    expect(graph).toEqual(recorded());
  });

  it("gives a node whose name is taken a number, and refuses a value's", () => {
    const t = tape();
    const value = t.input("x", "float32", [2]);
    const inputs = new Map([
      ["a", value],
      ["b", value],
    ]);
    t.op("Neg", [value], {}, { name: "once/Add" });
    const made = t.scope("once").inline(recorded(), { inputs }).get("y")!;
    t.output("z", made);
    const model = t.model();
    checkModel(model);
    expect(model.graph!.node.map(({ name }) => name).slice(0, 3)).toEqual(["/once/Add", "/once/Add_1", "/once/Mul"]);
    expect(() => t.scope("once").inline(recorded(), { inputs })).toThrow(
      'a name must be new in the graph, got "/once/',
    );
  });

  it("records what others read in place of a value, in a loop as well", () => {
    const t = tape();
    const value = t.input("x", "float32", [2]);
    const { carried } = t.loop({ steps: t.constant("int64", [], [2]), carried: [value] }, (body, _, [a]) => {
      const replace = new Map([["sum", (sum: typeof value) => body.op("Neg", [sum])]]);
      const inlined = body.inline(recorded(), {
        inputs: new Map([
          ["a", a!],
          ["b", value],
        ]),
        replace,
      });
      return { condition: body.constant("bool", [], [1]), carried: [inlined.get("y")!] };
    });
    t.output("z", carried[0]!);
    const model = t.model();
    checkModel(model);
    // y = -(a + 1) x, twice
    expect([...evaluate(model, { x })["z"]!.data]).toEqual([33, 76]);
  });

  it("takes other names, and refuses those that are taken", () => {
    const t = tape();
    const value = t.input("x", "float32", [2]);
    const inputs = new Map([
      ["a", value],
      ["b", value],
    ]);
    const rename = (name: string): string => `mine/${name}`;
    expect(t.inline(recorded(), { inputs, rename }).get("y")!.name).toBe("mine/y");
    expect(() => t.inline(recorded(), { inputs, rename })).toThrow(
      /^inline "product": a name must be new in the graph, got "mine\/.*" again$/,
    );
  });

  it("refuses inputs that are missing or unknown, and a replacement for no result", () => {
    const t = tape();
    const value = t.input("x", "float32", [2]);
    expect(() => t.inline(recorded(), { inputs: new Map([["a", value]]) })).toThrow(
      'inline "product": inputs must have every input, got none for "b"',
    );
    const inputs = new Map([
      ["a", value],
      ["b", value],
    ]);
    expect(() => t.inline(recorded(), { inputs: new Map([...inputs, ["c", value]]) })).toThrow(
      'inline "product": inputs must be inputs of the graph, got "c"',
    );
    expect(() => t.inline(recorded(), { inputs, replace: new Map([["som", () => value]]) })).toThrow(
      'inline "product": replace must name results of nodes, got "som"',
    );
    const other = tape().input("x2", "float32", [2]);
    expect(() => t.inline(recorded(), { inputs: new Map([...inputs, ["b", other]]) })).toThrow(/must be of this tape/);
  });
});
