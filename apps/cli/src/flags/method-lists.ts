/** Lists of methods in `--method`: several by comma, each a choice of methods and an entropy scaling joined by +. */
import { InvalidArgumentError, type Command } from "commander";
import { existsSync } from "node:fs";
import { isModulePath, loadMethod, type MethodModule } from "../methods/method-module.ts";
import { entropies, type Entropy, type Method } from "../methods/methods.ts";
import { combinations } from "./combinations.ts";
import { isMethod, unknownMethod } from "./extension.ts";

/** The method, modules and entropy of one of several runs. */
export type Alternative = {
  readonly method?: readonly Method[];
  readonly modules?: readonly MethodModule[];
  readonly entropy?: Entropy;
};

const entropyNames: ReadonlySet<string> = new Set(Object.keys(entropies).filter((name) => name !== "none"));

/** Methods that go together, and an entropy scaling, as in self-extend+log-n. */
type Named = { readonly methods: readonly Method[]; readonly paths: readonly string[]; readonly entropy?: Entropy };

/** Reads one choice of `--method`, or the path of a module. */
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

export const readMethods = (
  text: string,
  before: readonly (readonly Named[])[] = [],
): readonly (readonly Named[])[] => [...before, readList(text)];

/** The choice that several `--method` make together, with `--entropy`. */
const alternativeOf = async (named: readonly Named[], entropy: Entropy | undefined): Promise<Alternative> => {
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
export const resolveMethods = async (_: Command, command: Command): Promise<void> => {
  const lists = command.getOptionValue("method") as readonly (readonly Named[])[] | undefined;
  if (lists === undefined) return;
  const entropy = command.getOptionValue("entropy") as Entropy | undefined;
  const alternatives: Alternative[] = [];
  for (const named of combinations(lists)) alternatives.push(await alternativeOf(named, entropy));
  const [first] = alternatives;
  const several = alternatives.length > 1;
  for (const name of ["method", "modules", "entropy"] as const)
    command.setOptionValue(name, several ? undefined : first![name]);
  if (several) command.setOptionValue("alternatives", alternatives);
};
