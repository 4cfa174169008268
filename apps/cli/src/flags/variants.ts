/**
 * Runs side by side: methods by comma within one flag, and numbers that `--vary` goes through.
 *
 *   --method none,self-extend --method yarn          none with yarn; self-extend with yarn
 *   --vary group-size=4,8 --vary window=64,128       all four combinations
 *
 * A variant has all flags that choose an extension: the given ones that its methods read, and one combination
 * of the varied ones.
 */
import { checkOneOf, show } from "@ropewalk/check";
import { InvalidArgumentError, Option, type Command } from "commander";
import { asksForExtension, flagsInWords, extensionFlags, rowsOf, type ExtensionOptions } from "./extension.ts";
import { combinations } from "./combinations.ts";
import { readMethods, resolveMethods, type Alternative } from "./method-lists.ts";
import { numberFlags, numberNames, type NumberName } from "./method-numbers.ts";
import type { SharedOptions } from "./shared.ts";

type Varied = { readonly name: NumberName; readonly values: readonly unknown[] };

export type VariantOptions = {
  /** The choices of `--method`, when it names several. */
  readonly alternatives?: readonly Alternative[];
  readonly vary?: readonly Varied[];
};

/** One of several runs: its flags, and its varied numbers in words. */
export type RunVariant = { readonly options: ExtensionOptions; readonly varied: string };

export const plainVariant: RunVariant = { options: { method: ["none"], fallback: "none" }, varied: "" };

const flagName = (name: NumberName): string => numberFlags[name].flag.slice(2);

/** Reads group-size=4,8,16. */
const readVaried = (text: string, before: readonly Varied[] = []): readonly Varied[] => {
  const at = text.indexOf("=");
  const [flag, list] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  const own = flag.startsWith("--") ? flag.slice(2) : flag;
  const known = numberNames.filter((name) => !(name === "shortFactor" || name === "longFactor"));
  try {
    checkOneOf("--vary", "name", own, known.map(flagName));
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  const name = known.find((candidate) => flagName(candidate) === own)!;
  if (before.some((varied) => varied.name === name))
    throw new InvalidArgumentError(`--vary: ${own} must be given once, got it again`);
  if (list.trim() === "") throw new InvalidArgumentError(`--vary: ${own} must have values, as in ${own}=4,8, got none`);
  const values = list.split(",").map((value) => {
    try {
      return numberFlags[name].read(value);
    } catch (error) {
      throw new InvalidArgumentError(`--vary: ${own} ${(error as Error).message}`);
    }
  });
  return [...before, { name, values }];
};

/** Makes `--method` take several by comma, and adds `--vary`. */
export const withVariants = (command: Command): Command => {
  const method = command.options.find((option) => option.long === "--method")!;
  method.argParser(readMethods);
  method.description += "; several by comma run side by side";
  return command
    .optionsGroup("Extension:")
    .addOption(
      new Option(
        "--vary <name=list>",
        "a number of methods that runs side by side go through; again for all combinations",
      ).argParser(readVaried),
    )
    .hook("preAction", resolveMethods)
    .addHelpText(
      "after",
      [
        "\nSide by side: --method none,self-extend,self-extend+log-n runs three; another",
        "--method goes together with each. --vary group-size=4,8 --vary window=64,128",
        "runs four of a method that reads both. A number goes to those that read it.",
      ].join("\n"),
    );
};

/** Whether any flag asks for an extension, for none, or for several. */
export const asksForVariants = (options: SharedOptions & VariantOptions): boolean =>
  asksForExtension(options) || options.alternatives !== undefined || options.vary !== undefined;

const extensionNames: ReadonlySet<string> = new Set([...extensionFlags, "alternatives", "vary"]);

/** The options without those that choose an extension. */
export const withoutExtension = (options: SharedOptions): SharedOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !extensionNames.has(name))) as unknown as SharedOptions;

/** The numbers that the variant's methods read. */
const readBy = (options: ExtensionOptions): ReadonlySet<NumberName> =>
  new Set(rowsOf(options).flatMap(({ reads }) => reads));

/**
 * The runs that the flags ask for, one at least, none twice.
 *
 * @throws RangeError when a number is given or varied that none of them reads, or one that is both
 */
export const variantsOf = (options: ExtensionOptions & VariantOptions): readonly RunVariant[] => {
  const { alternatives = [{}], vary = [], extension, fallback } = options;
  const given = numberNames.filter((name) => options[name] !== undefined);
  for (const { name } of vary)
    if (given.includes(name))
      throw new RangeError(`--vary: ${flagName(name)} must not be given beside ${numberFlags[name].flag}, got both`);
  const bases = alternatives.map((alternative): ExtensionOptions => {
    const { method, modules, entropy } = { ...options, ...alternative };
    return {
      ...(method && { method }),
      ...(modules && { modules }),
      ...(entropy && { entropy }),
      ...(extension && { extension }),
      fallback,
    };
  });
  const said = bases.map(flagsInWords).join(", or ");
  for (const [name, value] of [
    ...given.map((own) => [own, options[own]] as const),
    ...vary.map((varied) => [varied.name, varied.values[0]] as const),
  ])
    if (!bases.some((base) => readBy(base).has(name)))
      throw new RangeError(`${numberFlags[name].flag} is not read by ${said}, got ${show(value)}`);
  const runs = bases.flatMap((base) => {
    const reads = readBy(base);
    const numbers = given.filter((name) => reads.has(name)).map((name) => [name, options[name]] as const);
    const own = vary.filter(({ name }) => reads.has(name));
    return combinations(own.map(({ name, values }) => values.map((value) => [name, value] as const))).map(
      (chosen): RunVariant => ({
        options: { ...base, ...Object.fromEntries([...numbers, ...chosen]) },
        varied: chosen.map(([name, value]) => `${flagName(name)} ${String(value)}`).join(", "),
      }),
    );
  });
  const named = new Map(runs.map((run) => [`${flagsInWords(run.options)} ${run.varied}`, run]));
  return [...named.values()];
};

/** The name of a variant among the others. */
export const variantName = (name: string, { varied }: RunVariant): string =>
  varied === "" ? name : `${name}, ${varied}`;
