/** The source of packages/backend-webgpu/src/node/graphs.ts: graphs that clear, copy and read memory of a device that JavaScript cannot reach. */
import { encode, tape, typeCode } from "@ropewalk/graph";
import { batchSizes } from "../../../packages/backend-webgpu/src/node/batches.ts";
import { toBase64 } from "./base64.ts";

export const webgpuTarget = "packages/backend-webgpu/src/node/graphs.ts";

const encoded = (graph: ReturnType<typeof tape>): string => toBase64(encode(graph.model({ opset: 18, irVersion: 9 })));

/** out [length] of zeros. */
const zeros = (): string => {
  const graph = tape("zeros");
  const shape = graph.input("shape", "int64", [1]);
  graph.output("out", graph.op("Expand", [graph.constant("float32", [1], [0]), shape]));
  return encoded(graph);
};

/**
 * out.n = target.n with row to[i] replaced by row from[i] of source.n, for each of `size` copies; in place where out and target are
 * the same memory.
 */
const copy = (size: number): string => {
  const graph = tape("copy");
  const from = graph.input("from", "int32", ["rows"]);
  const to = graph.input("to", "int32", ["rows", 1]);
  for (let n = 0; n < size; n++) {
    const source = graph.input(`source.${n}`, "float32", [`fromRows.${n}`, "width"]);
    const target = graph.input(`target.${n}`, "float32", [`toRows.${n}`, "width"]);
    // ScatterND would name each row once, but its kernel looks for duplicates by comparing every two of them, in every thread.
    const rows = graph.op("Gather", [source, from], { axis: 0 });
    const places = graph.op("Expand", [to, graph.op("Shape", [rows])]);
    graph.output(`out.${n}`, graph.op("ScatterElements", [target, places, rows], { axis: 0 }));
  }
  return encoded(graph);
};

/** out = x, [length], on the host. */
const download = (): string => {
  const graph = tape("download");
  graph.output("out", graph.op("Identity", [graph.input("x", "int32", ["length"])]));
  return encoded(graph);
};

/** out = -x, computed in float16. */
const half = (): string => {
  const graph = tape("half");
  const x = graph.op("Cast", [graph.input("x", "float32", [1])], { to: typeCode("float16") });
  graph.output("out", graph.op("Cast", [graph.op("Neg", [x])], { to: typeCode("float32") }));
  return encoded(graph);
};

/** One graph for each number of copies in a batch. */
const copies = (): Readonly<Record<number, string>> => Object.fromEntries(batchSizes.map((size) => [size, copy(size)]));

export const webgpuSource =
  (): string => `/** Written by \`npm run vectors\`; not to be edited. Encoded ONNX models, base64. */
export const graphs = ${JSON.stringify({ zeros: zeros(), copies: copies(), download: download(), half: half() }, null, 2)} as const;
`;
