/** Every door, a row each. A new door is a file here and a row. */
import type { AnyDoor } from "../door.ts";
import { chatTemplates } from "./chat-templates.ts";
import { commandFlags } from "./command-flags.ts";
import { configs } from "./configs.ts";
import { extensionRecords } from "./extension-records.ts";
import { foldersToExtend } from "./folders-to-extend.ts";
import { ggufFiles } from "./gguf-files.ts";
import { onnxModels } from "./onnx-models.ts";
import { safetensorsHeaders } from "./safetensors-headers.ts";
import { savedPrefixes } from "./saved-prefixes.ts";
import { serverBodies } from "./server-bodies.ts";
import { shardIndexes } from "./shard-indexes.ts";
import { sweepStates } from "./sweep-states.ts";
import { tokenizers } from "./tokenizers.ts";
import { trainingStates } from "./training-states.ts";

export const doors: readonly AnyDoor[] = [
  safetensorsHeaders,
  shardIndexes,
  configs,
  tokenizers,
  chatTemplates,
  ggufFiles,
  onnxModels,
  extensionRecords,
  savedPrefixes,
  sweepStates,
  trainingStates,
  serverBodies,
  commandFlags,
  foldersToExtend,
];
