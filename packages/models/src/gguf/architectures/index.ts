/** The architectures that are read, by the names that files state in `general.architecture`. One is added by its file and its row. */
import type { Architecture } from "./architecture.ts";
import { gemma, gemma2, gemma3 } from "./gemmas.ts";
import { llama } from "./llama.ts";
import { phi2 } from "./phi2.ts";
import { phi3 } from "./phi3.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";
import { smollm3 } from "./smollm3.ts";

export const architectures: Readonly<Record<string, Architecture>> = {
  gemma,
  gemma2,
  gemma3,
  llama,
  phi2,
  phi3,
  qwen2,
  qwen3,
  smollm3,
};
