/** Texts that the help of several commands shares. */
import { passkey875k, stories260K, type TinyModel } from "@ropewalk/tiny-models";

/** Models that come with the command. */
export const shipped: readonly TinyModel[] = [passkey875k, stories260K];

export const shippedNames: string = shipped.map(({ name }) => name).join(", ");

/** What a model may be: one of these files, or a model by its name. */
const modelOf = (files: string, names: string): string => `${files}, ${names}, or a shipped model: ${shippedNames}`;

const anyName =
  "an id on the hub (owner/name, or owner/name:Q4_K_M for a GGUF file), one of Ollama's models (ollama:llama3.2)";

/** The forms that a command's model may have. */
export const modelArgument: string = modelOf(
  "a checkpoint's folder, a GGUF file, an ONNX export's folder or .onnx file",
  anyName,
);

/** The model of a command that rounds or merges weights, which are those of the graph in an export. */
export const storedModelArgument: string = modelOf("a checkpoint's folder, a GGUF file", anyName);

/** The model of a command that learns weights. */
export const tunableModelArgument: string = modelOf(
  "a checkpoint's folder, of a GGUF file the one that convert writes",
  "an id on the hub (owner/name)",
);

/** Example command lines at the end of a help. */
export const examples = (...lines: readonly string[]): string =>
  ["\nExamples:", ...lines.map((line) => `  $ ${line}`)].join("\n");
