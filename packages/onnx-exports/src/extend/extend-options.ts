import type { ContextExtension } from "@ropewalk/context-extension";
import type { Attentions, CachePrecision } from "@ropewalk/decoder";
import type { Keys } from "@ropewalk/check";
import type { Engine } from "../engines/index.ts";
import type { TableRows } from "../recognise/rotation/table-rows.ts";
import type { Runtime } from "../rewrite/runtime.ts";

export type ExtendOptions = {
  /** The extension to put on the model. `{}` rewrites the attention and extends nothing. */
  readonly extension: ContextExtension;
  /** The export's parsed config.json, as Hugging Face writes it. */
  readonly config: unknown;
  /** The parsed genai_config.json of ONNX Runtime GenAI, if there is one. */
  readonly genaiConfig?: unknown;
  /** Whether a model that was extended before gets this extension instead of its own. Absent: such a model is refused. */
  readonly replace?: boolean;
  /**
   * Who keeps the cache. "portable": any runtime, through the export's own inputs and outputs. "ropewalk": `@ropewalk/generation`,
   * in place; the graph takes a chunk and gives new keys and values only. Absent: "portable".
   */
  readonly runtime?: Runtime;
  /** The format in which generation keeps settled keys and values; for `runtime: "ropewalk"`. Absent: "float32". */
  readonly cache?: CachePrecision;
  /**
   * The outputs of every layer's attention, float32, as `decoder_attentions.N`:
   *
   *   "maps"       the softmax weights, [batch, numHeads, queryLen, keys]
   *   "entropies"  the Shannon entropy of every query's weights in nats, [batch, numHeads, queryLen]
   *
   * Keys are past and new ones; under a bare window the last ones alone. For `runtime: "portable"`. Absent: nothing.
   */
  readonly attentions?: Attentions;
  /**
   * Rows of rotary tables that lie in files beside the model, as `tablePlaces` names them. They are compared with the rotation that
   * config.json states. Absent: tables in files are not compared, and a notice says so.
   */
  readonly tables?: readonly TableRows[];
  /**
   * Engines that are to run the portable model. Each needs a file beside it: "onnxruntime-genai" genai_config.json, unless
   * one is given, "triton" config.pbtxt. Absent: none.
   */
  readonly engines?: readonly Engine[];
  /** The model's place in its folder, for the files of engines. Absent: "model.onnx". */
  readonly file?: string;
};

export const extendOptionKeys: Keys<ExtendOptions> = {
  extension: true,
  config: true,
  genaiConfig: true,
  replace: true,
  runtime: true,
  cache: true,
  attentions: true,
  tables: true,
  engines: true,
  file: true,
};
