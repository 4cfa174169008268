/** GGUF files on the command line: which commands take them, and what the others say. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryPath } from "@ropewalk/testing/repository";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { ggufVectors } from "@ropewalk/testing/vectors";
import { expect, it } from "vitest";
import { findExport } from "../../src/model/find-export.ts";
import { ropewalk } from "../../src/program.ts";

it("the help of every command that takes a model says how it takes a GGUF file", async () => {
  const { commands } = await ropewalk();
  const models = commands.flatMap((command) =>
    command.registeredArguments
      .filter((argument) => /^models?$/.test(argument.name()))
      .map(({ description }) => [command.name(), description] as const),
  );
  expect(models.length).toBeGreaterThan(12);
  for (const [name, description] of models) {
    expect(description, name).toContain("GGUF file");
    if (name !== "finetune") expect(description, name).toMatch(/owner\/name:Q4_K_M.*ollama:llama3\.2/);
  }
});

it("extend says that it takes no GGUF file, and which commands do", async () => {
  const file = repositoryPath(`${ggufVectors}/llama-k.gguf`);
  const folder = scratchFolder();
  await copyFile(file, join(folder, "model.gguf"));
  for (const path of [file, folder, "ollama:llama3.2"])
    await expect(findExport(path)).rejects.toThrow(
      `findExport: ${path} must be an ONNX export, got a GGUF file, which has no graph to rewrite; ` +
        "generate, chat and serve run it with a longer window",
    );
});
