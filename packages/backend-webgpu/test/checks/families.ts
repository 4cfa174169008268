/** Logits of every family, and of exports in every form that is recognised, under all extensions that goldens exist for. */
import { extensionOf, type GoldenMethod } from "@ropewalk/testing/goldens/golden-cases";
import { layeredExtension, layoutOf, type LayeredCase } from "@ropewalk/testing/goldens/layered-cases";
import { layeredCheckpoints, onnxExports, tinyCheckpoints } from "@ropewalk/testing/vectors";
import { compare, type Golden } from "./goldens.ts";
import type { Check, Place } from "./place.ts";

type FamilyCase = GoldenMethod & { readonly inputIds: readonly number[]; readonly logitsLast: readonly number[] };

const families = [
  ...["llama", "llama-dynamic", "llama-linear", "llama-yarn", "llama3"],
  ...["mistral", "phi", "phi3", "qwen2", "solar"],
] as const;

const folderOf = (family: string): string => `${tinyCheckpoints}/${family}`;

/** Shorter texts are in one tile of a kernel, where wrong operators are right. */
const shortest = 64;

const familyGoldens = async ({ json }: Place, family: string): Promise<readonly Golden[]> => {
  const { cases } = (await json(`${folderOf(family)}/golden-logits.json`)) as { readonly cases: readonly FamilyCase[] };
  return cases
    .filter(({ inputIds }) => inputIds.length >= shortest)
    .map(({ inputIds, logitsLast, ...method }) => ({
      extension: extensionOf(method),
      ids: inputIds,
      rows: { [inputIds.length - 1]: logitsLast },
    }));
};

const familyCheck = (family: (typeof families)[number]): Check => ({
  name: `${family}, 100 tokens`,
  run: async (place) => compare(place, folderOf(family), await familyGoldens(place, family), 40),
});

const layered = [
  ...["gemma", "gemma2", "gemma3", "mistral-head-dim", "phi4-mini"],
  ...["qwen2-mixed", "qwen3", "qwen3-mixed", "smollm3"],
] as const;

/** Heads of a width or norms of their own, and layers that differ. */
const layeredCheck = (name: (typeof layered)[number]): Check => ({
  name: `${name}, 100 tokens`,
  run: async (place) => {
    const folder = `${layeredCheckpoints}/${name}`;
    const { cases } = (await place.json(`${folder}/golden-logits.json`)) as { readonly cases: readonly LayeredCase[] };
    const goldens = cases
      .filter(({ inputIds }) => inputIds.length >= shortest)
      // The kernel refuses bands under masks, which another check holds it to.
      .filter((golden) => place.backend.attention === "operators" || layoutOf(golden) !== "masked")
      .map((golden) => ({
        extension: layeredExtension(golden),
        ids: golden.inputIds,
        rows: { [golden.inputIds.length - 1]: golden.logitsLast },
      }));
    await compare(place, folder, goldens, 40);
  },
});

/** What other tools made of these families. */
const exports = [
  "genai-cpu-llama",
  "genai-cpu-unpacked-llama",
  "genai-cpu-windowed-kv-mistral",
  "genai092-webgpu-phi",
  "torch-dynamo-llama",
  "torch-dynamo-op23-llama",
  "torch-ts-eager-llama",
] as const;

const exportCheck = (name: (typeof exports)[number]): Check => ({
  name: `the export ${name}, 100 tokens`,
  run: async (place) => {
    const folder = `${onnxExports}/${name}`;
    const { family } = (await place.json(`${folder}/expected.json`)) as { readonly family: string };
    await compare(place, folder, await familyGoldens(place, family), 40);
  },
});

export const familyChecks: readonly Check[] = [...families.map(familyCheck), ...layered.map(layeredCheck)];
export const exportChecks: readonly Check[] = exports.map(exportCheck);
