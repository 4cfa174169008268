/** How many nodes ONNX Runtime starts in a step of decoding. With a small model the time of a step is mostly theirs. */
import type { ExternalData } from "@ropewalk/backend";
import { externalFiles } from "@ropewalk/backend/host";
import { selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import { loadModel } from "@ropewalk/generation";
import { decode, innerGraphs, type GraphProto, type NodeProto } from "@ropewalk/graph";
import { passkey875k } from "@ropewalk/tiny-models";
import { openFolder } from "@ropewalk/models/node";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { expect, it } from "vitest";
import { cpu } from "../src/index.ts";

/** The graph as the runtime rewrites it before it runs. */
const optimized = async (model: Uint8Array, externalData: readonly ExternalData[]): Promise<GraphProto> => {
  const folder = scratchFolder();
  const optimizedModelFilePath = join(folder, "optimized.onnx");
  const { bytes, entries } = externalFiles("cpu", externalData);
  const session = await InferenceSession.create(model, {
    optimizedModelFilePath,
    externalData: bytes,
    logSeverityLevel: 3,
    extra: { session: entries },
  });
  await session.release();
  const { graph } = decode(await readFile(optimizedModelFilePath));
  await rm(folder, { recursive: true });
  return graph!;
};

/** The nodes that run for few queries: of an If, those of its first arm. */
const started = (nodes: readonly NodeProto[]): readonly NodeProto[] =>
  nodes.flatMap((node) => [node, ...(node.opType === "If" ? started(innerGraphs(node)[0]!.node) : [])]);

it.each<readonly [string, ContextExtension, number]>([
  ["plain attention", {}, 30],
  ["SelfExtend", selfExtend({ groupSize: 8, window: 64 }), 36],
])("a layer under %s starts few nodes", async (_, extension, most) => {
  let found: GraphProto | undefined;
  const backend = cpu();
  const createSession: typeof backend.createSession = async (model, externalData) => {
    found = await optimized(model, externalData ?? []);
    return backend.createSession(model, externalData);
  };
  const model = await loadModel(await openFolder(passkey875k.url), {
    backend: { ...backend, createSession },
    extension,
  });
  await model.release();
  const ofLayer = started(found!.node).filter(({ name }) => name.includes("/layers.1/"));
  expect(ofLayer.map(({ opType }) => opType)).toContain("RotaryEmbedding");
  expect(ofLayer.length, ofLayer.map(({ opType }) => opType).join(" ")).toBeLessThanOrEqual(most);
});
