/**
 * Exports whose layers differ, rewritten for any runtime and for the project's cache, against golden logits by Hugging Face
 * transformers. No tool made the exports: `layered-exports.ts` records them in two forms that tools write.
 */
import { wasm } from "@ropewalk/backend-wasm";
import { readFileSync } from "node:fs";
import { cpu } from "@ropewalk/backend-node";
import { extendDecoder } from "@ropewalk/decoder";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { inMemory } from "@ropewalk/models";
import {
  formsOf,
  layeredConfig,
  layeredExport,
  layeredFamilies,
  layeredFolder,
  type LayeredFamily,
} from "@ropewalk/testing/exports/layered-exports";
import { openIn, type Runner } from "@ropewalk/testing/exports/run-export";
import { expectGolden } from "@ropewalk/testing/goldens/expect-golden";
import { layeredExtension, type LayeredCase } from "@ropewalk/testing/goldens/layered-cases";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { extendExport, loadExport } from "../../src/index.ts";

const tolerance = 2e-3;

const casesOf = (family: LayeredFamily): readonly LayeredCase[] =>
  (
    JSON.parse(readFileSync(new URL(`${family}/golden-logits.json`, layeredFolder), "utf8")) as {
      readonly cases: readonly LayeredCase[];
    }
  ).cases;

const titled = (golden: LayeredCase) => ({
  golden,
  title: `${golden.method.kind}${golden.logNContext === undefined ? "" : " and log-n"}`,
});

/** Logits of the last token, from the prompt in two pieces and three steps. */
const lastLogits = async (runner: Runner, ids: readonly number[]): Promise<readonly number[]> => {
  runner.reset();
  const steps = [ids.slice(0, -6), ids.slice(-6, -3), ...ids.slice(-3).map((id) => [id])];
  let logits: readonly number[] = [];
  for (const step of steps) [logits] = (await runner.step([step])) as [number[]];
  return logits;
};

describe.each(layeredFamilies.flatMap((family) => formsOf(family).map((form) => ({ family, form }))))(
  "$family, $form",
  ({ family, form }) => {
    const config = layeredConfig(family);
    const cases = casesOf(family).map(titled);
    const long = cases.filter(({ golden }) => golden.inputIds.length === 100);
    const extended = long.filter(({ golden: { method } }) => method.kind === "none" || method.kind === "self-extend");
    /** Runs in WebAssembly too. One case is enough, since it has everything that the others have. */
    const most = extended.at(-1);
    /** Cases that run in any runtime, which refuses bands other than near and far and a window. */
    const portable = [...extended, ...long.filter(({ golden }) => golden.method.kind === "string")];
    let model: Uint8Array;
    beforeAll(async () => (model = await layeredExport(family, form)));

    // On a CPU, ONNX Runtime has no norms of heads inside the node.
    it.skipIf(form === "fused")("is the checkpoint, as ONNX Runtime runs it", async () => {
      const runner = await openIn("cpu", config, model);
      const short = cases.filter(({ title, golden }) => title === "none" && golden.inputIds.length < 64);
      for (const { golden } of short)
        expect(largestDifference(await lastLogits(runner, golden.inputIds), golden.logitsLast)).toBeLessThan(tolerance);
      await runner.release();
    });

    it.each(portable)("for any runtime: $title", async (row) => {
      const { golden } = row;
      const { model: rewritten, notices } = extendExport({ extension: layeredExtension(golden), config }, model);
      expect(notices).toEqual([]);
      for (const runtime of row === most ? (["cpu", "wasm"] as const) : (["cpu"] as const)) {
        const runner = await openIn(runtime, config, rewritten);
        expect(largestDifference(await lastLogits(runner, golden.inputIds), golden.logitsLast)).toBeLessThan(tolerance);
        await runner.release();
      }
    });

    it("for backends of plain operators, which have no branches and compute no lengths", async () => {
      const files = { "config.json": new TextEncoder().encode(JSON.stringify(config)), "model.onnx": model };
      const extension = layeredExtension(most!.golden);
      const source = (await loadExport({}, inMemory(family, files)))!;
      const graph = source.graph(extendDecoder(source.decoder, extension), { operators: "plain" });
      const operators = new Set(graph.graph!.node.map(({ opType }) => opType));
      expect(["If", "Scan", "Loop", "Shape"].filter((operator) => operators.has(operator))).toEqual([]);
      const backend = { ...cpu({ threads: 1 }), operators: "plain" } as const;
      const asked = await loadModel(inMemory(family, files), { backend, extension });
      await expectGolden(asked, most!.golden);
      await asked.release();
    });

    describe.each([cpu({ threads: 1 }), wasm()].map((backend) => ({ backend, name: backend.name })))(
      "on the cache, $name",
      ({ backend }) => {
        let loaded: LanguageModel;
        beforeAll(async () => {
          const files = { "config.json": new TextEncoder().encode(JSON.stringify(config)), "model.onnx": model };
          loaded = await loadModel(inMemory(family, files), { backend });
        });
        afterAll(() => loaded?.release());

        it.each(backend.name === "cpu" ? long : extended)("$title", async ({ golden }) => {
          const asked = await loaded.withExtension(layeredExtension(golden));
          await expectGolden(asked, golden);
        });
      },
    );
  },
);
