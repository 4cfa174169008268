/** Loads a model: opens it, reads its adapters, rounds its weights where that is asked for, and puts an extension on it. */
import type { Backend } from "@ropewalk/backend";
import { checkExtension, type ContextExtension } from "@ropewalk/context-extension";
import { cacheFormatOf, type CachePrecision } from "@ropewalk/decoder";
import type { CheckpointFolder, Precision } from "@ropewalk/models";
import { adapted, readAdapters, type AdapterChoice } from "./adapters.ts";
import { assembleModel } from "./assemble-model.ts";
import { checkLoadOptions } from "./check-load-options.ts";
import { checkWeights } from "./check-weights.ts";
import { fingerprintOnce } from "./fingerprint.ts";
import type { LanguageModel } from "./language-model.ts";
import type { Loaded } from "./loaded-model.ts";
import { openModel, type OpenedModel, type OpenOptions } from "./open-model.ts";
import { weightsOnLoad } from "./weights-on-load.ts";

export type LoadOptions = OpenOptions & {
  /** The backend that the model runs on. There is no default. */
  readonly backend: Backend;
  /** Default: the extension that a checkpoint was tuned under or an export was extended with; where there is none, the model as it is. */
  readonly extension?: ContextExtension;
  /** Rounds the weights to 4 or 8 bits when they are loaded. Default: the weights as they are stored. */
  readonly quantize?: Precision;
  /**
   * Adapters beside the weights (LoRA, in PEFT's layout): one, or several that add up. Each is given as it is, or as `{ source, scale }`.
   * The weights stay as they are stored, or as `quantize` rounds them.
   */
  readonly adapter?: AdapterChoice | readonly AdapterChoice[];
  /**
   * How keys and values are kept: in float32, in float16, or with settled tokens in 8 bits, which takes a quarter of the memory at some
   * loss. Default: the backend's precision.
   */
  readonly cache?: CachePrecision;
  /** Reads all weights first, and refuses weights that are NaN or infinite by name. Default false. */
  readonly checkWeights?: boolean;
  /** Called while weights are rounded, with the number of tensors done and of all tensors. */
  readonly onQuantize?: (done: number, total: number) => void;
};

/** @throws RangeError where the backend has no buffers of an element type that the cache needs */
const checkCache = ({ name, bufferTypes }: Backend, cache: CachePrecision): void => {
  const { keys, values, recent } = cacheFormatOf({ cache });
  const missing = [...keys, ...values, recent].map(({ type }) => type).find((type) => !bufferTypes.includes(type));
  if (missing !== undefined)
    throw new RangeError(
      `loadModel: a cache in ${cache} needs a backend with buffers of ${missing}, got ${name} with ${bufferTypes}`,
    );
};

/** @throws Error with the reason why the backend cannot run here: nobody should wait for weights first */
const checkRuns = async ({ name, unavailable }: Backend): Promise<void> => {
  const why = await unavailable();
  if (why !== undefined) throw new Error(`loadModel: backend must be one that can run here, got ${name}: ${why}`);
};

/**
 * Loads a model.
 *
 * @param source - an id on the hub, a folder's URL, a folder of files, or what `openModel` gave; in Node a folder's path too
 * @throws Error when a file is missing or inconsistent, the family or a number is unknown, the extension does not fit, `checkWeights`
 *   finds a weight that is not finite, or the backend cannot run here or keep the cache in that precision
 */
export const loadModel = async (
  source: string | URL | CheckpointFolder | OpenedModel,
  options: LoadOptions,
): Promise<LanguageModel> => {
  checkLoadOptions(options);
  const { backend, extension, quantize, adapter, onQuantize, checkWeights: checking = false, ...others } = options;
  const { cache = backend.precision, ...openOptions } = others;
  if (extension !== undefined) checkExtension("loadModel", extension);
  checkCache(backend, cache);
  await checkRuns(backend);
  const opened = await openModel(source, openOptions);
  const { trainedContext } = openOptions;
  const adapters = await readAdapters(adapter);
  // An adapter that does not fit is refused before anything is rounded.
  adapted(opened.source, adapters, trainedContext);
  if (checking) await checkWeights(opened.source);
  const { source: stored, release: releaseWeights } = await weightsOnLoad(opened.source, quantize, onQuantize);
  try {
    const withAdapters = adapted(stored, adapters, trainedContext);
    const loaded: Loaded = {
      ...opened,
      source: withAdapters,
      fingerprint: fingerprintOnce(withAdapters),
      backend,
      cache,
      releaseWeights,
      sessions: new Map(),
      prefixes: new Set(),
      life: { released: undefined },
    };
    return await assembleModel(loaded, extension ?? withAdapters.extension());
  } catch (error) {
    await releaseWeights();
    throw error;
  }
};
