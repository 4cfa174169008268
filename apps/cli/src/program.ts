/** The command `ropewalk`, with everything that it can be asked for. */
import { checkOneOf } from "@ropewalk/check";
import { Command } from "commander";
import { readFileSync } from "node:fs";
import { addBench } from "./commands/bench.ts";
import { addConvert } from "./commands/convert.ts";
import { addExam } from "./commands/exam.ts";
import { addEntropies } from "./commands/entropies.ts";
import { addExtend } from "./commands/extend.ts";
import { addFinetune } from "./commands/finetune.ts";
import { addGenerate } from "./commands/generate.ts";
import { addInspect } from "./commands/inspect.ts";
import { addLogits } from "./commands/logits.ts";
import { addLongBench } from "./commands/longbench.ts";
import { addPasskey } from "./commands/passkey.ts";
import { addPerplexity } from "./commands/perplexity.ts";
import { addPositions } from "./commands/positions.ts";
import { addRuler } from "./commands/ruler.ts";
import { addServe } from "./commands/serve.ts";
import { addSweep } from "./commands/sweep.ts";
import { addTokenize } from "./commands/tokenize.ts";
import { addTune } from "./commands/tune.ts";
import { addWorker } from "./commands/worker.ts";
import { examples, shippedNames } from "./help.ts";
import { oneLine } from "./say.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

const commands = [
  ...[
    addPasskey,
    addPerplexity,
    addEntropies,
    addRuler,
    addLongBench,
    addExam,
    addGenerate,
    addServe,
    addTokenize,
    addLogits,
  ],
  ...[addInspect, addPositions, addBench, addConvert, addExtend, addFinetune],
  ...[addTune, addSweep, addWorker],
];

/** Commander's own answers an unknown name with the whole help. */
const addHelp = (program: Command): void => {
  const named = Object.fromEntries(program.commands.map((command) => [command.name(), command]));
  program
    .helpCommand(false)
    .command("help")
    .description("display help for command")
    .argument("[command]", `one of ${Object.keys(named).join(", ")}; absent: what all of them do`)
    .addHelpText("after", examples("ropewalk help generate"))
    .action((name?: string) => {
      if (name === undefined || name === "help") return program.help();
      checkOneOf("help", "command", name, Object.keys(named));
      return named[name]!.help();
    });
};

export const ropewalk = (): Command => {
  const program = new Command("ropewalk")
    .description("Give a RoPE language model a longer context, without retraining.")
    .version(version, "-V, --version", "print the version")
    .configureHelp({
      // Every command has options; the line is for what it does.
      subcommandTerm: (command) =>
        [
          command.name(),
          ...command.registeredArguments.map((argument) => {
            const name = argument.name() + (argument.variadic ? "..." : "");
            return argument.required ? `<${name}>` : `[${name}]`;
          }),
        ].join(" "),
    })
    .configureOutput({ outputError: (text, write) => write(`ropewalk: ${oneLine(text)}\n`) });
  for (const add of commands) add(program);
  addHelp(program);
  // Commander shows all of the help where a command is mistyped.
  program.addHelpText("before", () => {
    const name = program.args.find((word) => !word.startsWith("-")) ?? "help";
    const names = program.commands.map((command) => command.name());
    checkOneOf("help", "command", name, names);
    return "";
  });
  program.addHelpText(
    "after",
    `\nShipped models: ${shippedNames}; no download needed.\n` +
      examples(
        "ropewalk passkey",
        "ropewalk generate stories260K Once upon a time",
        "ropewalk inspect stories260K --length 4096",
        "ropewalk help generate",
      ),
  );
  return program;
};
