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
import { existsSync } from "node:fs";
import {
  asksForExtension,
  flagsInWords,
  extensionFlags,
  isMethod,
  rowsOf,
  unknownMethod,
  type ExtensionOptions,
} from "./extension.ts";
import { isModulePath, loadMethod, type MethodModule } from "../methods/method-module.ts";
import { entropies, type Entropy, type Method } from "../methods/methods.ts";
import { numberFlags, numberNames, type NumberName } from "./method-numbers.ts";
import type { SharedOptions } from "./shared.ts";

/** The method, modules and entropy of one of several runs. */
export type Alternative = {
  readonly method?: readonly Method[];
  readonly modules?: readonly MethodModule[];
  readonly entropy?: Entropy;
};

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

/** Every choice of one entry from each list. The last list changes fastest. */
const combinations = <T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] =>
  lists.reduce<readonly (readonly T[])[]>(
    (all, list) => all.flatMap((one) => list.map((next) => [...one, next])),
    [[]],
  );

const entropyNames: ReadonlySet<string> = new Set(Object.keys(entropies).filter((name) => name !== "none"));

/** Methods that go together, and an entropy scaling, as in self-extend+log-n. */
type Named = { readonly methods: readonly Method[]; readonly paths: readonly string[]; readonly entropy?: Entropy };

const readNamed = (text: string): Named => {
  if (isModulePath(text)) return { methods: [], paths: [text] };
  const names = text.split("+");
  const methods = names.filter(isMethod);
  const scalings = names.filter((name): name is Entropy => entropyNames.has(name));
  const unknown = names.find((name) => !isMethod(name) && !entropyNames.has(name));
  if (unknown !== undefined || scalings.length > 1) return unknownMethod(unknown ?? text);
  return { methods, paths: [], ...(scalings.length === 1 && { entropy: scalings[0]! }) };
};

/** Reads the list of one `--method`, separated by commas. A path may contain a comma itself. */
const readList = (text: string): readonly Named[] =>
  (isModulePath(text) && existsSync(text) ? [text] : text.split(",")).map(readNamed);

const readMethods = (text: string, before: readonly (readonly Named[])[] = []): readonly (readonly Named[])[] => [
  ...before,
  readList(text),
];

const joined = async (named: readonly Named[], entropy: Entropy | undefined): Promise<Alternative> => {
  const methods = named.flatMap((one) => one.methods);
  const paths = named.flatMap((one) => one.paths);
  const scalings = [...named.flatMap((one) => one.entropy ?? []), ...(entropy === undefined ? [] : [entropy])];
  if (scalings.length > 1)
    throw new InvalidArgumentError(
      `--method: only one entropy scaling may be asked for, got ${scalings.join(" and ")}`,
    );
  return {
    ...(methods.length > 0 || scalings.length > 0
      ? { method: methods.length > 0 ? methods : (["none"] as const) }
      : {}),
    ...(paths.length > 0 && { modules: await Promise.all(paths.map(loadMethod)) }),
    ...(scalings.length > 0 && { entropy: scalings[0]! }),
  };
};

/** Replaces the words of `--method` by what they name, before a command runs. A single alternative is no list. */
const resolveMethods = async (_: Command, command: Command): Promise<void> => {
  const lists = command.getOptionValue("method") as readonly (readonly Named[])[] | undefined;
  if (lists === undefined) return;
  const entropy = command.getOptionValue("entropy") as Entropy | undefined;
  const alternatives: Alternative[] = [];
  for (const named of combinations(lists)) alternatives.push(await joined(named, entropy));
  const [first] = alternatives;
  const several = alternatives.length > 1;
  for (const name of ["method", "modules", "entropy"] as const)
    command.setOptionValue(name, several ? undefined : first![name]);
  if (several) command.setOptionValue("alternatives", alternatives);
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
