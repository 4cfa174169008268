/** The program `ropewalk` with its commands. */
import { checkOneOf } from "@ropewalk/check";
import { Command } from "commander";
import { readFileSync } from "node:fs";
import { withMeantFlag } from "./flags/other-names.ts";
import { examples, shippedNames } from "./terminal/help-texts.ts";
import { oneLine } from "./terminal/messages.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

/** The commands by name, in the order of the help. Reading modules is most of a start's cost, so only the asked command's module is read. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  passkey: async () => (await import("./commands/measure/passkey.ts")).addPasskey,
  perplexity: async () => (await import("./commands/measure/perplexity.ts")).addPerplexity,
  entropies: async () => (await import("./commands/measure/entropies.ts")).addEntropies,
  ruler: async () => (await import("./commands/measure/ruler.ts")).addRuler,
  longbench: async () => (await import("./commands/measure/longbench.ts")).addLongBench,
  exam: async () => (await import("./commands/measure/exam.ts")).addExam,
  read: async () => (await import("./commands/text/read.ts")).addRead,
  generate: async () => (await import("./commands/text/generate.ts")).addGenerate,
  chat: async () => (await import("./commands/text/chat.ts")).addChat,
  serve: async () => (await import("./commands/text/serve.ts")).addServe,
  tokenize: async () => (await import("./commands/text/tokenize.ts")).addTokenize,
  logits: async () => (await import("./commands/text/logits.ts")).addLogits,
  inspect: async () => (await import("./commands/model/inspect.ts")).addInspect,
  positions: async () => (await import("./commands/model/positions.ts")).addPositions,
  bench: async () => (await import("./commands/measure/bench.ts")).addBench,
  convert: async () => (await import("./commands/model/convert.ts")).addConvert,
  extend: async () => (await import("./commands/model/extend.ts")).addExtend,
  finetune: async () => (await import("./commands/model/finetune.ts")).addFinetune,
  tune: async () => (await import("./commands/measure/tune.ts")).addTune,
  sweep: async () => (await import("./commands/measure/sweep.ts")).addSweep,
  worker: async () => (await import("./commands/measure/worker.ts")).addWorker,
};

/** Adds `help`. Commander's own help command answers an unknown name with the whole help. */
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

/** @param asked - the first word behind `ropewalk`. A command's name reads that command alone; any other word reads all. */
export const ropewalk = async (asked?: string): Promise<Command> => {
  const program = new Command("ropewalk")
    .description("Give a RoPE language model a longer context, without retraining.")
    .version(version, "-V, --version", "print the version")
    .configureHelp({
      // Every command has options, so the line leaves them out.
      subcommandTerm: (command) =>
        [
          command.name(),
          ...command.registeredArguments.map((argument) => {
            const name = argument.name() + (argument.variadic ? "..." : "");
            return argument.required ? `<${name}>` : `[${name}]`;
          }),
        ].join(" "),
    })
    .configureOutput({
      outputError: (text, write) => {
        const command = program.commands.find((one) => one.name() === asked);
        write(`ropewalk: ${oneLine(withMeantFlag(text, command))}\n`);
      },
    });
  const known = asked !== undefined && Object.hasOwn(commands, asked);
  const read = known ? [commands[asked]!] : Object.values(commands);
  for (const add of await Promise.all(read.map((command) => command()))) add(program);
  addHelp(program);
  // For a mistyped command commander shows the whole help; this check names the mistake first.
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

/** @param args - what stands behind `ropewalk` */
export const run = async (args: readonly string[]): Promise<void> => {
  await (await ropewalk(args[0])).parseAsync(args, { from: "user" });
};
