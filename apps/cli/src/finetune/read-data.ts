/** The samples in the files of `--data` and `--evaluation`. A flag about files holds for both, unless a file's form has no use for it. */
import { dataForm, readData, type Data, type DataConfig } from "@ropewalk/finetune";
import type { OpenedModel } from "@ropewalk/generation";
import { notice } from "../terminal/notice.ts";
import { noticeSeparator } from "../input/known-separators.ts";
import { readText } from "../input/read-file.ts";

export type FileOptions = {
  readonly data: string;
  readonly length: number;
  readonly samples?: number;
  readonly arrange?: DataConfig["arrange"];
  readonly longer?: DataConfig["longer"];
  readonly separator?: string;
  readonly evaluation?: string;
};

type Reading = Pick<DataConfig, "arrange" | "longer" | "separator">;

/** The flags that are read for a file, and those that its form has no use for, each with the reason. */
const readingOf = (
  file: string,
  { arrange, longer, separator }: FileOptions,
): { readonly reading: Reading; readonly unread: Readonly<Record<string, string>> } => {
  const form = dataForm(file);
  const how = arrange ?? form.arrange;
  const unread = {
    ...(longer !== undefined && how === "pack" ? { "--longer": "whose documents are packed, none of them cut" } : {}),
    ...(separator !== undefined && !form.separated ? { "--separator": "which has a document a line" } : {}),
  };
  return {
    reading: {
      arrange: how,
      ...(longer === undefined || "--longer" in unread ? {} : { longer }),
      ...(separator === undefined || "--separator" in unread ? {} : { separator }),
    },
    unread,
  };
};

/** @throws Error, RangeError and TypeError that name the flag, the file and its line; RangeError for a flag that is read for no file */
export const readFiles = async (
  opened: OpenedModel,
  options: FileOptions,
  samples: number,
): Promise<{ readonly data: Data; readonly heldOut: Data | undefined }> => {
  const { data: file, evaluation, length: seqLen } = options;
  const files = [file, ...(evaluation === undefined ? [] : [evaluation])];
  const all = files.map((name) => ({ name, ...readingOf(name, options) }));
  for (const { name, unread } of all)
    for (const [flag, why] of Object.entries(unread)) {
      if (all.every((other) => flag in other.unread))
        throw new RangeError(`finetune: ${flag} must be absent for ${files.join(" and ")}, ${why}`);
      notice(`finetune: ${flag} is not for ${name}, ${why}`);
    }
  const read = async (flag: string, { name, reading }: (typeof all)[number], most?: number): Promise<Data> => {
    const config = { model: opened, file: name, seqLen, ...reading, ...(most === undefined ? {} : { samples: most }) };
    const text = await readText(flag, name);
    const found = readData(config, text);
    if (dataForm(name).separated) noticeSeparator("finetune", name, text, reading.separator);
    return found;
  };
  const data = await read("--data", all[0]!, samples);
  const packable = all[0]!.reading.arrange === "each" && data.samples.length > 1;
  if (data.longest < seqLen)
    notice(
      `finetune: the longest sample has ${data.longest} of --length ${seqLen} tokens; nothing is learned of distances beyond it` +
        (packable ? "; --arrange pack puts documents together" : ""),
    );
  return { data, heldOut: all[1] && (await read("--evaluation", all[1])) };
};
