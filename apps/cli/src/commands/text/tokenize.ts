/** `ropewalk tokenize`: the token ids of a text, and how many they are. */
import type { TextCodec } from "@ropewalk/generation";
import type { Command } from "commander";
import { examples } from "../../terminal/help-texts.ts";
import { open } from "../../model/open-model.ts";
import { promptIds, withPromptOptions, type PromptOptions } from "../../input/prompt.ts";

type TokenizeOptions = PromptOptions & { readonly json?: boolean };

/** A token's text inside a text. The token is decoded behind itself, since the first token of a text may lose its space. */
const pieceOf = ({ decode }: TextCodec, id: number): string => decode([id, id]).slice(decode([id]).length);

const tokenize = async (model: string, words: readonly string[], options: TokenizeOptions): Promise<void> => {
  const opened = await open(model, {});
  const ids = await promptIds("tokenize", opened, words, options);
  const { text } = opened;
  const pieces = ids.map((id) => (text === undefined ? "" : pieceOf(text, id)));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ids, pieces, tokens: ids.length })}\n`);
    return;
  }
  const width = Math.max(...ids.map((id) => `${id}`.length));
  const lines = ids.map((id, index) => `${`${id}`.padStart(width)}  ${JSON.stringify(pieces[index])}`);
  process.stdout.write(`${lines.join("\n")}\n${ids.length} tokens\n`);
};

export const addTokenize = (program: Command): void => {
  withPromptOptions(program.command("tokenize").description("print the token ids of a text, and how many they are"))
    .option("--json", "print JSON and nothing else")
    .addHelpText(
      "after",
      examples(
        "ropewalk tokenize stories260K Once upon a time",
        "ropewalk tokenize stories260K --file prompt.txt --json > ids.json",
      ),
    )
    .action(tokenize);
};
