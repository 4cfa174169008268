/** The table of engines that run a portable model. Each needs a file of its own beside the model. */
import { refuse } from "../errors.ts";
import { genaiConfig } from "./genai-config.ts";
import type { EngineModel } from "./engine.ts";
import { tritonConfig } from "./triton-config.ts";

type EngineRow = {
  /** The name of the file, at the top of the folder. */
  readonly file: string;
  readonly write: (model: EngineModel) => string;
  readonly notice?: string;
};

export const engines = ["onnxruntime-genai", "triton"] as const;

export type Engine = (typeof engines)[number];

const rows: Readonly<Record<Engine, EngineRow>> = {
  "onnxruntime-genai": {
    file: "genai_config.json",
    write: (model) => `${JSON.stringify(genaiConfig(model), undefined, 2)}\n`,
  },
  triton: {
    file: "config.pbtxt",
    write: tritonConfig,
    notice:
      "config.pbtxt: Triton takes the model from the folder 1/ beside it, where model.onnx and its data must be put",
  },
};

export type EngineFile = { readonly file: string; readonly content: string; readonly notice?: string };

/**
 * The file of an engine.
 *
 * @throws RangeError when the engine is unknown, or cannot run the model
 */
export const engineFile = (engine: Engine, model: EngineModel): EngineFile => {
  if (!Object.hasOwn(rows, engine)) refuse(`engines must be of ${engines.join(", ")}, got ${JSON.stringify(engine)}`);
  const { file, write, notice } = rows[engine];
  return { file, content: write(model), ...(notice !== undefined && { notice }) };
};
