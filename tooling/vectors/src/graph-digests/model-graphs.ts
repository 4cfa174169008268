/** The graphs that generation makes of a checkpoint or an export: a chunk, several decode steps, attentions, a batch of texts. */
import type { Backend } from "@ropewalk/backend";
import { loadModel, type LoadOptions } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { digestOf, type GraphDigest } from "./digest.ts";
import { extensions, selfExtendLogN } from "./extensions.ts";
import { recordingBackend, untilRun } from "./recording-backend.ts";

type Variant = Pick<LoadOptions, "cache" | "quantize" | "adapter"> & { readonly traits?: Partial<Backend> };

/** A backend of plain operators over float32, as WebGPU is. */
const plainOperators = {
  operators: "plain",
  quantizedWeights: "unpacked",
  weightTypes: ["float32", "float16"],
} as const;

/** How the cache is kept and products are computed; recorded under every extension. */
const caches: Readonly<Record<string, Variant>> = {
  float32: { cache: "float32" },
  q8: { cache: "q8" },
  "float32, plain operators": { cache: "float32", traits: plainOperators },
  "float16, plain operators": { cache: "float16", traits: plainOperators },
};

/** What a model is loaded with besides; recorded under one extension. */
const variants: Readonly<Record<string, Variant>> = {
  "quantized to q4": { quantize: "q4" },
  "quantized to q8": { quantize: "q8" },
  "quantized to q4, unpacked": { quantize: "q4", traits: { quantizedWeights: "unpacked" } },
  "quantized to q4, plain operators": { quantize: "q4", traits: { ...plainOperators, quantizedWeights: "kept" } },
  "products in float16": { traits: { ...plainOperators, precision: "float16" } },
};

const ids = [1, 2, 3, 4, 5];

/** The digests of one loaded model. A refused combination is listed as refused, so that the listing notices a change of it. */
const graphsOf = async (
  name: string,
  folder: URL,
  extension: string,
  { traits, ...options }: Variant,
  also: boolean,
): Promise<readonly GraphDigest[]> => {
  const { backend, takeGraphs } = recordingBackend(traits);
  const digests: GraphDigest[] = [];
  const list = (what: string): void => {
    for (const graph of takeGraphs()) digests.push(digestOf(`${name}/${what}`, graph));
  };
  try {
    const model = await loadModel(await openFolder(folder), {
      ...options,
      backend,
      extension: extensions[extension]!,
    });
    list("chunk");
    await model.multiStepSession?.();
    list("multi-step");
    if (also) {
      for (const what of ["maps", "entropies"] as const) {
        await untilRun(model.attentions(ids, { what }));
        list(what);
      }
      if (model.source.kind === "checkpoint") {
        await untilRun(model.visitBatchLogits([ids, ids, ids], () => {}));
        list("batch-of-3");
      }
    }
    await model.release();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    digests.push({ name: `${name}/refused`.replaceAll(" ", "-"), digest: error.name });
  }
  return digests;
};

/** The digests of a folder's model under every extension and kind of cache, and as each variant. */
export const modelGraphs = async (name: string, folder: URL): Promise<readonly GraphDigest[]> => {
  const digests: GraphDigest[] = [];
  for (const extension of Object.keys(extensions))
    for (const [cache, options] of Object.entries(caches)) {
      const also = cache === "float32" && [selfExtendLogN, "dual-chunk", "plain"].includes(extension);
      digests.push(...(await graphsOf(`${name}/${extension}/${cache}`, folder, extension, options, also)));
    }
  for (const [variant, options] of Object.entries(variants))
    digests.push(...(await graphsOf(`${name}/${variant}`, folder, selfExtendLogN, options, false)));
  return digests;
};

/** The digests of a checkpoint with an adapter beside its weights. */
export const adapterGraphs = async (name: string, folder: URL, adapter: URL): Promise<readonly GraphDigest[]> =>
  graphsOf(`${name}/adapter`, folder, selfExtendLogN, { adapter: await openFolder(adapter) }, false);
