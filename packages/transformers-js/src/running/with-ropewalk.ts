/** Puts a model that transformers.js has loaded on the project's own cache, which is written in place, in chunks. */
import type { PreTrainedModel, Tensor } from "@huggingface/transformers";
import { show } from "@ropewalk/check";
import type { RuntimeSession } from "@ropewalk/backend/host";
import { loadedDecoder, type Shapes } from "./loaded-decoder.ts";
import { ropewalkSession, type TransformersSession } from "./ropewalk-session.ts";

type Metadata = { readonly name: string; readonly type: string; readonly shape: readonly (number | string)[] };

type LoadedSession = RuntimeSession &
  Pick<TransformersSession, "config"> & {
    readonly inputMetadata: readonly Metadata[];
    readonly outputMetadata: readonly Metadata[];
  };

type ModelInputs = Readonly<Record<string, Tensor>>;

type Prepare = (
  self: unknown,
  ids: readonly (readonly bigint[])[],
  inputs: ModelInputs,
  config: unknown,
) => ModelInputs;

/** The properties of a model that are read and set. */
type Parts = {
  readonly config: Readonly<Record<string, unknown>>;
  readonly sessions: Record<string, unknown>;
  _prepare_inputs_for_generation: Prepare;
};

const shapesOf = ({ inputMetadata, outputMetadata }: LoadedSession): Shapes =>
  new Map([...inputMetadata, ...outputMetadata].map(({ name, type, shape }) => [name, { type, shape }]));

type TensorClass = new (type: string, data: readonly bigint[], dims: readonly number[]) => Tensor;

/** Gives every step all tokens. The session compares them with its cache, and does not assume that the cache holds the earlier ones. */
const withAllTokens =
  (prepare: Prepare): Prepare =>
  (self, ids, inputs, config) => {
    const prepared = prepare(self, ids, inputs, config);
    const Ids = prepared["input_ids"]!.constructor as unknown as TensorClass;
    return { ...prepared, input_ids: new Ids("int64", ids.flat(), [ids.length, ids[0]!.length]) };
  };

/**
 * Replaces the session of a loaded model by one that keeps its cache in place. `generate`, streamers and pipelines take less time, and
 * give the same tokens. The model must have been loaded under `extendModels(env, { runtime: "ropewalk" })`. It runs one prompt at a
 * time. If a prompt begins with the tokens that the cache holds, only the rest of it is computed.
 *
 * @param model - is changed, and returned
 * @throws RangeError when the model was loaded in another way, or this was called with it before
 */
export const withRopewalk = <M extends PreTrainedModel>(model: M): M => {
  const parts = model as unknown as Parts;
  if (typeof parts?.sessions !== "object" || typeof parts._prepare_inputs_for_generation !== "function") {
    const hint =
      typeof (parts as { model?: unknown } | undefined)?.model === "object"
        ? "; a pipeline's model is its .model"
        : (model as unknown) instanceof Promise
          ? "; it must be awaited"
          : "";
    throw new TypeError(`withRopewalk: model must be one that transformers.js has loaded, got ${show(model)}${hint}`);
  }
  const loaded = parts.sessions["model"] as LoadedSession | undefined;
  if (loaded === undefined)
    throw new RangeError(
      `withRopewalk: model must be a decoder with the session "model", got ${Object.keys(parts.sessions).join(", ") || "none"}`,
    );
  const extended = loadedDecoder(parts.config, shapesOf(loaded));
  parts.sessions["model"] = ropewalkSession(extended, loaded);
  parts._prepare_inputs_for_generation = withAllTokens(parts._prepare_inputs_for_generation);
  return model;
};
