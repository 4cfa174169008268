/** Texts that the help of several commands shares. */
import { passkey875k, stories260K, type TinyModel } from "@ropewalk/tiny-models";

/** Models that come with the command. */
export const shipped: readonly TinyModel[] = [passkey875k, stories260K];

export const shippedNames: string = shipped.map(({ name }) => name).join(", ");

/** The forms that a command's model may have. */
export const modelArgument: string =
  "a checkpoint's folder, an ONNX export's folder or .onnx file, an id on the hub " +
  `(owner/name), or a shipped model: ${shippedNames}`;

/** Example command lines at the end of a help. */
export const examples = (...lines: readonly string[]): string =>
  ["\nExamples:", ...lines.map((line) => `  $ ${line}`)].join("\n");
