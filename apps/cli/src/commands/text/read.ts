/** `ropewalk read`: reads a text once and saves it, so that later runs can continue behind the text. */
import type { OpenedModel, ReadOptions } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { constants, existsSync } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { openAfter, tokensBefore, withAfterOption, type After } from "../../flags/after.ts";
import { fileBar, promptBar } from "../../terminal/progress-bars.ts";
import { extendedWords } from "../../describe/extension-in-words.ts";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { noticeBeyondCapacity } from "../../terminal/notice.ts";
import { number } from "../../flags/parse-numbers.ts";
import { chosenFor, open, withModel } from "../../model/open-model.ts";
import { withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import { readIds } from "../../input/read-ids.ts";
import { readText } from "../../input/read-file.ts";
import { printFacts } from "../../render/facts.ts";
import { bytes, perSecond, rate } from "../../render/units.ts";

type CommandOptions = SharedOptions & {
  readonly save: string;
  readonly ids?: string;
  readonly after?: After;
  readonly room: number;
  readonly chunkSize?: number;
  readonly beyondCapacity?: boolean;
};

/** @throws InvalidArgumentError unless there is one text */
const idsFrom = async (
  { text, source }: OpenedModel,
  file: string | undefined,
  { ids, after }: CommandOptions,
): Promise<readonly number[]> => {
  if ((file === undefined) === (ids === undefined))
    throw new InvalidArgumentError("read: give a text file, or --ids, exactly one of them");
  if (ids !== undefined) return readIds(ids);
  if (text === undefined) throw new TypeError(`read: ${source.name} has no tokenizer.json; use --ids`);
  // Behind another text there is no second beginning-of-text token.
  const content = await readText("read", file!);
  if (content === "") throw new RangeError(`read: ${file} must have at least 1 character, got an empty file`);
  return text.encode(content, { specialTokens: after === undefined });
};

/** Checks the place of the file before hours of reading that would be lost. */
const checkPlace = async (save: string): Promise<void> => {
  const found = await stat(save).catch(() => undefined);
  if (found !== undefined && !found.isFile())
    throw new RangeError(`read: --save must name a file, got ${save}, ${found.isDirectory() ? "a folder" : "no file"}`);
  let folder = dirname(resolve(save));
  while (!existsSync(folder)) folder = dirname(folder);
  await access(folder, constants.W_OK).catch((error: NodeJS.ErrnoException) => {
    throw new RangeError(`read: --save must lie where it can be written, got ${save}: ${folder}, ${error.code}`);
  });
};

const read = async (path: string, file: string | undefined, options: CommandOptions): Promise<void> => {
  const { save, after, room, chunkSize, beyondCapacity } = options;
  if (!Number.isInteger(room) || room < 0)
    throw new RangeError(`read: --room must be an integer of at least 0, got ${room}`);
  await checkPlace(save);
  const opened = await open(path, options);
  const ids = await idsFrom(opened, file, options);
  const tokens = tokensBefore(after) + ids.length;
  const length = tokens + room;
  await withModel("read", { opened, options, length }, async (model, signal) => {
    if (beyondCapacity) noticeBeyondCapacity("read", model, length);
    const before = await openAfter(model, after, signal);
    const bar = promptBar();
    const reading: ReadOptions = {
      signal,
      room,
      onProgress: bar.onPrefill,
      ...(chunkSize === undefined ? {} : { chunkSize }),
      ...(beyondCapacity ? { beyondCapacity: "allow" } : {}),
    };
    const begun = performance.now();
    const prefix = await (before === undefined ? model.read(ids, reading) : before.extend(ids, reading)).finally(
      bar.stop,
    );
    const readTime = performance.now() - begun;
    const saving = fileBar("saved");
    const fileBytes = await prefix.save(save, { signal, onProgress: saving.onProgress }).finally(saving.stop);
    const saveTime = performance.now() - begun - readTime;
    const { name, extension } = chosenFor(opened, options, length);
    const words = extendedWords(model.extended.positions.name, extension);
    if (options.json) {
      const report = {
        tokens,
        readBefore: tokensBefore(after),
        method: name,
        positions: words,
        cache: model.extended.cache,
        read: { milliseconds: readTime, tokensPerSecond: rate(ids.length, readTime) },
        save: { path: save, bytes: fileBytes, milliseconds: saveTime },
        keyValueBytes: prefix.bytes,
      };
      process.stdout.write(`${JSON.stringify(report)}\n`);
      return;
    }
    printFacts(
      {
        read: `${tokens.toLocaleString("en")} tokens${after === undefined ? "" : `, ${ids.length.toLocaleString("en")} of them now`}`,
        under: words,
        took: `${(readTime / 1000).toFixed(1)} s, ${perSecond(ids.length, readTime)} tokens/s`,
        "key-value cache": `${bytes(prefix.bytes)} in ${model.extended.cache}`,
        saved: `${bytes(fileBytes)} to ${save}, ${(saveTime / 1000).toFixed(1)} s`,
      },
      [],
    );
  });
};

export const addRead = (program: Command): void => {
  const command = withAfterOption(
    program
      .command("read")
      .description("read a text once and save it: what is generated --after the file does not read it again")
      .argument("<model>", modelArgument)
      .argument("[file]", "the text; - is standard input")
      .requiredOption("--save <file>", "where what was read is saved, in place of a file that is there"),
  )
    .option("--ids <file>", "instead of a text, a JSON array of token ids; - is standard input")
    .option(
      "--room <tokens>",
      "tokens planned behind it, for frequencies and numbers of methods that depend on the length",
      number,
      0,
    )
    .option("--chunk-size <tokens>", "tokens of a prefill chunk, at most", number)
    .option("--beyond-capacity", "read even where the model knows no positions");
  withSharedOptions(command)
    .addHelpText(
      "after",
      examples(
        "ropewalk read stories260K book.txt --method self-extend --save book.kv",
        'ropewalk generate stories260K "And then" --after book.kv',
        "ropewalk read stories260K more.txt --after book.kv --save both.kv",
      ),
    )
    .action(read);
};
