#!/usr/bin/env node
/** The command `ropewalk`. */
import { Command } from "commander";
import { addBench } from "./commands/bench.ts";
import { addConvert } from "./commands/convert.ts";
import { addExtend } from "./commands/extend.ts";
import { addGenerate } from "./commands/generate.ts";
import { addInspect } from "./commands/inspect.ts";
import { addLogits } from "./commands/logits.ts";
import { addPasskey } from "./commands/passkey.ts";
import { addPerplexity } from "./commands/perplexity.ts";

const program = new Command("ropewalk").description("Give a RoPE language model a longer context, without retraining.");
const commands = [addPasskey, addPerplexity, addGenerate, addLogits, addInspect, addBench, addConvert, addExtend];
for (const add of commands) add(program);

try {
  await program.parseAsync();
} catch (error) {
  // A message names what was wrong with the input; a stack would only bury it.
  process.stderr.write(`ropewalk: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
