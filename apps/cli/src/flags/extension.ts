/** The flags that choose an extension: methods and their numbers, an entropy scaling, or a file that holds an extension as data. */
import { checkKeys, show } from "@ropewalk/check";
import {
  compose,
  extensionOf,
  readRecord,
  type ContextExtension,
  type ExtensionRecord,
} from "@ropewalk/context-extension";
import { InvalidArgumentError, Option, type Command } from "commander";
import { entropies, methods, type Asked, type Entropy, type Method, type MethodRow } from "../methods/methods.ts";
import { isModulePath, loadMethod, type MethodModule } from "../methods/method-module.ts";
import { numberFlags, numberNames, type NumberName, type NumberRow, type Numbers } from "./method-numbers.ts";
import { readJson } from "../input/read-file.ts";

export type ExtensionOptions = Numbers & {
  /** Absent: `fallback`, unless another flag sets an extension. */
  readonly method?: readonly Method[];
  readonly entropy?: Entropy;
  readonly extension?: ExtensionRecord;
  /** The user's own methods: the modules that `--method` named. */
  readonly modules?: readonly MethodModule[];
  /** The command's method when no flag asks for one. */
  readonly fallback: Method;
};

/** The run that an extension is made for. */
export type Run = Pick<Asked, "trainedContext" | "statedPositions" | "length">;

const methodsOf = ({ method, modules, extension, fallback }: ExtensionOptions): readonly Method[] =>
  method ?? (extension === undefined && modules === undefined ? [fallback] : []);

/** The table rows of the methods and the entropy scaling that the flags ask for. */
export const rowsOf = (options: ExtensionOptions): readonly MethodRow[] => [
  ...methodsOf(options).map((method) => methods[method]),
  entropies[options.entropy ?? "none"],
];

/** The options that choose an extension. */
export const extensionFlags: readonly (keyof ExtensionOptions)[] = [
  "method",
  "modules",
  "entropy",
  "extension",
  ...numberNames,
];

/** Whether any flag asks for an extension, or for none. */
export const asksForExtension = (options: ExtensionOptions): boolean =>
  extensionFlags.some((name) => options[name] !== undefined);

/** The flags that ask for the extension, in words. */
export const flagsInWords = (options: ExtensionOptions): string => {
  const { extension, modules = [], entropy = "none" } = options;
  const asked = [...methodsOf(options), ...modules.map(({ path }) => path)].map((method) => `--method ${method}`);
  if (extension !== undefined) asked.push("--extension");
  if (entropy !== "none") asked.push(`--entropy ${entropy}`);
  return asked.join(" with ");
};

/** @throws RangeError when a number is given that nothing reads */
const checkRead = (options: ExtensionOptions, rows: readonly MethodRow[]): void => {
  for (const name of numberNames)
    if (options[name] !== undefined && !rows.some(({ reads }) => reads.includes(name)))
      throw new RangeError(
        `${numberFlags[name].flag} is not read by ${flagsInWords(options)}, got ${show(options[name])}`,
      );
};

/** The given numbers, and those that the checkpoint's config states for the chosen methods. */
const numbersOf = (options: ExtensionOptions, { statedPositions }: Run): Numbers => {
  const rows = methodsOf(options).map((method) => methods[method]);
  const given = numberNames.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]] as const]));
  const stated = statedPositions === undefined ? [] : rows.flatMap((row) => row.stated?.(statedPositions) ?? []);
  return Object.assign({}, ...stated, Object.fromEntries(given)) as Numbers;
};

/** @throws InvalidArgumentError when a number is missing that has no default */
const checkNeeded = (options: ExtensionOptions, numbers: Numbers): void => {
  for (const method of methodsOf(options))
    for (const name of methods[method].needs ?? [])
      if (numbers[name] === undefined)
        throw new InvalidArgumentError(`--method ${method} needs a ${numberFlags[name].flag}, got none`);
};

/**
 * The extension that the flags ask for.
 *
 * @throws RangeError when a number is given that nothing reads or one is missing, or two things claim the same field
 */
export const extensionFrom = (options: ExtensionOptions, run: Run): ContextExtension => {
  const rows = rowsOf(options);
  checkRead(options, rows);
  const numbers = numbersOf(options, run);
  checkNeeded(options, numbers);
  const asked: Asked = { ...numbers, ...run };
  return compose(
    ...(options.extension === undefined ? [] : [extensionOf(options.extension)]),
    ...(options.modules ?? []).map(({ extension }) => extension),
    ...rows.map(({ extension }) => extension(asked)),
  );
};

/** @throws InvalidArgumentError when a number is to be chosen for a length and there is none */
export const checkChosen = (command: string, options: ExtensionOptions): void => {
  const named = [
    ...methodsOf(options).map((method) => [`--method ${method}`, methods[method]] as const),
    [`--entropy ${options.entropy ?? "none"}`, entropies[options.entropy ?? "none"]] as const,
  ];
  for (const [name, { chosen }] of named)
    if (chosen !== undefined && options[chosen] === undefined)
      throw new InvalidArgumentError(
        `${command}: ${name} needs a ${numberFlags[chosen].flag}, or a --length to choose it for`,
      );
};

/** The name of the chosen extension: none, self-extend+log-n. */
export const nameOf = (options: ExtensionOptions): string => {
  const { extension, modules = [], entropy = "none" } = options;
  const fields = extension === undefined ? [] : [extension.positions, extension.rope, extension.entropy];
  const names = [
    ...methodsOf(options),
    ...modules.map(({ path }) => path),
    ...fields.flatMap((field) => field?.kind ?? []),
  ];
  const own = names.filter((name) => name !== "none").join("+") || "none";
  return entropy === "none" ? own : `${own}+${entropy}`;
};

/**
 * Reads an extension from a file that holds it alone, or that `inspect --json` printed.
 *
 * @throws Error, TypeError and RangeError that name the file and what is wrong with it
 */
const readExtension = async (path: string): Promise<ExtensionRecord> => {
  if (/\.[cm]?[jt]s$/.test(path))
    throw new TypeError(`--extension: ${path} must be JSON, got a module; --method ${path} is meant?`);
  const read = await readJson("--extension", path);
  const inReport = typeof read === "object" && read !== null && "extension" in read;
  const record = (inReport ? read.extension : read) as ExtensionRecord;
  if (inReport && record === null)
    throw new TypeError(
      `--extension: ${path} must hold an extension as data, got null, that of a method of one's own; --method with its module is meant?`,
    );
  checkKeys<ExtensionRecord>("--extension", path, record, { positions: true, rope: true, entropy: true });
  readRecord(`--extension: ${path}`, "extension", record);
  return record;
};

/** Replaces paths by what their files hold, before a command runs. */
const readAsked = async (_: Command, command: Command): Promise<void> => {
  const path: unknown = command.getOptionValue("extension");
  if (typeof path === "string") command.setOptionValue("extension", await readExtension(path));
  const asked = ((command.getOptionValue("method") ?? []) as readonly unknown[]).filter(
    (one) => typeof one === "string",
  );
  const paths = asked.filter(isModulePath);
  if (paths.length === 0) return;
  const names = asked.filter((method) => !isModulePath(method));
  command.setOptionValue("method", names.length === 0 ? undefined : names);
  command.setOptionValue("modules", await Promise.all(paths.map(loadMethod)));
};

const methodNames = Object.keys(methods);

export const isMethod = (name: string): name is Method => methodNames.includes(name);

/** @throws InvalidArgumentError that lists the methods */
export const unknownMethod = (method: string): never => {
  const several = method.includes(",") && method.split(",").every((name) => isMethod(name) || isModulePath(name));
  throw new InvalidArgumentError(
    several ? "This command takes one method at a time." : `Allowed choices are ${methodNames.join(", ")}.`,
  );
};

/** Adds a method to those that earlier flags gave. */
const another = (method: string, before: readonly string[] = []): readonly string[] =>
  isMethod(method) || isModulePath(method) ? [...before, method] : unknownMethod(method);

const padded = (rows: Readonly<Record<string, MethodRow>>): readonly string[] =>
  Object.entries(rows).map(([name, { about }]) => `  ${name.padEnd(16)}  ${about}`);

/** The list of methods at the end of the help. */
const methodsHelp = (): string =>
  [
    "\nMethods (--method may be given several times, for methods that go together):",
    ...padded(methods),
    "  ./path.mjs        a module whose default export is a mapping or an extension",
    "Where layers differ, a method is for those that see everything and rotate;",
    "others keep their window, unless every layer has one. `inspect` says which.",
    "Entropy scalings (--entropy):",
    ...padded(entropies),
  ].join("\n");

const readersOf = (name: NumberName): string =>
  Object.entries({ ...methods, ...entropies })
    .filter(([, { reads }]) => reads.includes(name))
    .map(([method]) => method)
    .join(", ");

/** Adds the flags that choose an extension. `fallback` is the method when none is asked for; `absent` names it in the help. */
export const withExtensionOptions = (command: Command, fallback: Method, absent: string = fallback): Command => {
  command
    .optionsGroup("Extension:")
    .addOption(
      new Option("--method <method>", `which positions or frequencies, as below; absent: ${absent}`).argParser(another),
    )
    .addOption(
      new Option("--entropy <entropy>", "how queries scale with their position; absent: none").choices(
        Object.keys(entropies),
      ),
    )
    .option("--extension <file>", "the extension as JSON, as `inspect --json` prints it")
    .optionsGroup("Numbers of methods:");
  for (const name of numberNames) {
    const { flag, value, what, read }: NumberRow<unknown> = numberFlags[name];
    command.addOption(new Option(`${flag} ${value}`, `${what} (${readersOf(name)})`).argParser(read));
  }
  command.setOptionValueWithSource("fallback", fallback, "implied");
  return command.hook("preAction", readAsked).addHelpText("after", methodsHelp);
};
