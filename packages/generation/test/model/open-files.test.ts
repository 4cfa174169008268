/** Models from Files, as a page gets them when they are dropped: the tokens are those of the same files on a disk. */
import { readFileSync } from "node:fs";
import { cpu } from "@ropewalk/backend-node";
import { openFiles, type CheckpointFolder } from "@ropewalk/models";
import { listFiles } from "@ropewalk/models/node";
import { repositoryPath } from "@ropewalk/testing/repository";
import { ggufVectors, onnxExports } from "@ropewalk/testing/vectors";
import { stories260K } from "@ropewalk/tiny-models";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadModel, openModel } from "../../src/index.ts";

const backend = cpu({ threads: 1 });
const fileAt = (path: string, name: string): File => new File([readFileSync(path)], name);

const tokens = async (source: string | CheckpointFolder): Promise<readonly number[]> => {
  const model = await loadModel(source, { backend });
  const ids: number[] = [];
  const prompt = [1, 43, 47];
  for await (const id of model.generateTokens(prompt, { maxNewTokens: 6, stopTokens: [] })) ids.push(id);
  await model.release();
  return ids;
};

/** The same files, chosen as a folder. */
const filesOf = async (folder: string): Promise<readonly File[]> =>
  (await listFiles("filesOf", folder)).files.map((name) =>
    Object.defineProperty(fileAt(`${folder}/${name}`, name), "webkitRelativePath", { value: `chosen/${name}` }),
  );

describe("loadModel of openFiles", () => {
  it.each(["stories260K-q8_0.gguf", "stories260K-f32.gguf"])("runs %s as from a disk", async (name) => {
    const path = repositoryPath(`${ggufVectors}/${name}`);
    const file = fileAt(path, name);
    let most = 0;
    const slice = (from: number, to: number): Blob => {
      most = Math.max(most, to - from);
      return file.slice(from, to);
    };
    const folder = openFiles([{ name, size: file.size, slice }]);
    expect((await openModel(folder)).source.name).toBe(name.replace(".gguf", ""));
    expect(await tokens(folder)).toEqual(await tokens(path));
    // The file is never copied whole.
    expect(most).toBeLessThan(0.6 * file.size);
  });

  it("runs a checkpoint and an export as from a disk", async () => {
    const checkpoint = fileURLToPath(stories260K.url);
    const chosen = openFiles(await filesOf(checkpoint));
    expect(chosen.name).toBe("chosen");
    expect(await tokens(chosen)).toEqual(await tokens(checkpoint));
    const exported = repositoryPath(`${onnxExports}/genai-cpu-llama`);
    expect(await tokens(openFiles(await filesOf(exported)))).toEqual(await tokens(exported));
  });

  it("is what a File alone is told of", async () => {
    await expect(openModel(new File(["GGUF"], "a.gguf") as never)).rejects.toThrow(
      /^openModel: source must be .*, got a File; openFiles of the list of files is meant\?$/,
    );
    await expect(openModel([new File(["GGUF"], "a.gguf")] as never)).rejects.toThrow(/openFiles of the list/);
  });
});
