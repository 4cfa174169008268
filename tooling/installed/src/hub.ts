/** A small model as a hub has it under the name that a README's recipe asks for. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decode, encode } from "@ropewalk/graph";
import { edit, writePasskeyExport } from "@ropewalk/testing/exports/passkey-export";

/** Where the recipes' model is, before the name of a file. */
export const address = "https://huggingface.co/onnx-community/Llama-3.2-1B-Instruct/resolve/main/";

/** @param trainedContext - what its config states */
export const writeModel = async (folder: string, trainedContext: number): Promise<void> => {
  await writePasskeyExport(folder);
  edit(join(folder, "config.json"), { max_position_embeddings: trainedContext });
  // The file that { dtype: "q4" } names, and its data beside it.
  const [as, asked] = ["model.onnx", "model_q4.onnx"].map((name) => join(folder, "onnx", name)) as [string, string];
  copyFileSync(`${as}_data`, `${asked}_data`);
  const model = decode(readFileSync(as));
  for (const { externalData } of model.graph!.initializer)
    for (const entry of externalData) if (entry.key === "location") entry.value = "model_q4.onnx_data";
  writeFileSync(asked, encode(model));
};
