/** Exports for backends of plain operators: computed shapes become constants, and logits stay the same. */
import { cpu } from "@ropewalk/backend-node";
import { selfExtend } from "@ropewalk/context-extension";
import { extendDecoder } from "@ropewalk/decoder";
import { loadModel } from "@ropewalk/generation";
import type { NodeProto } from "@ropewalk/graph";
import { inMemory } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { configOf, expectedOf, exportNames, exportPath, extend } from "@ropewalk/testing/exports/export-files";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { describe, expect, it } from "vitest";
import { loadExport } from "../../../src/index.ts";

const extension = selfExtend({ groupSize: 4, window: 16 });
const everything = cpu({ threads: 1 });
const plain = { ...everything, operators: "plain" } as const;

const nodesOf = async (name: string): Promise<readonly NodeProto[]> => {
  const source = (await loadExport({}, await openFolder(exportPath(name))))!;
  return source.graph(extendDecoder(source.decoder, extension), { operators: "plain" }).graph!.node;
};

const operatorsOf = async (name: string): Promise<readonly string[]> =>
  (await nodesOf(name)).map(({ opType }) => opType);

/** Exports that compute widths too, from shapes that are not known. */
const computesWidths = (name: string): boolean => /^torch-.*phi3$/.test(name);

describe.each(exportNames)("%s of plain operators", (name) => {
  it("has no branches", async () => {
    const operators = await operatorsOf(name);
    expect(operators.filter((operator) => ["If", "Scan", "Loop"].includes(operator))).toEqual([]);
  });

  it.skipIf(computesWidths(name))("asks for no shapes", async () => {
    expect((await operatorsOf(name)).filter((operator) => operator === "Shape")).toEqual([]);
  });

  // 4-bit products and half precision round, and a difference of 1e-6 can change a rounding.
  const tolerance = name.includes("int4") ? 0.15 : expectedOf(name).tolerance;
  it.each([{}, extension])("gives the same logits, chunk by chunk and token by token (%#)", async (under) => {
    const [ours, theirs] = await Promise.all(
      [plain, everything].map((backend) => loadModel(exportPath(name), { backend, extension: under })),
    );
    const ids = Array.from({ length: 100 }, (_, index) => 3 + ((index * 7) % 100));
    const expected = [...(await theirs!.logits(ids))];
    for (const chunkSize of [512, 7, 1])
      expect(largestDifference([...(await ours!.logits(ids, { chunkSize }))], expected)).toBeLessThan(tolerance);
    await ours!.release();
    await theirs!.release();
  });
});

it("an export that was written for generation is refused, for it has branches", async () => {
  const name = "torch-dynamo-llama";
  const { model, config } = extend(name, { extension, runtime: "ropewalk" });
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const folder = inMemory("written", { "model.onnx": model, "config.json": json({ ...configOf(name), ...config }) });
  await (await loadModel(folder, { backend: everything })).release();
  await expect(loadModel(folder, { backend: plain })).rejects.toThrow(
    "loadExport: a model that was written for generation must run where there are all operators, for it has If and Scan, " +
      "got a backend with plain ones; load the export itself",
  );
});
