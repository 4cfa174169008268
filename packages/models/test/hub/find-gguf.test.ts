import { describe, expect, it } from "vitest";
import { findGguf } from "../../src/hub/find-gguf.ts";
import { checkReadByName } from "../../src/gguf/model-names.ts";
import { parseRepositoryName } from "../../src/hub/repository-name.ts";

const files = [
  "README.md",
  "m-Q4_K_M.gguf",
  "m-Q4_K_S.gguf",
  "m-Q8_0.gguf",
  "mmproj-Q8_0.gguf",
  "F16/m-F16-00001-of-00002.gguf",
  "F16/m-F16-00002-of-00002.gguf",
];

describe("the GGUF file of a repository", () => {
  it.each([
    ["Q4_K_M", "m-Q4_K_M.gguf"],
    ["q8_0", "m-Q8_0.gguf"],
    ["F16", "F16/m-F16-00001-of-00002.gguf"],
    ["m-Q8_0.gguf", "m-Q8_0.gguf"],
  ])("%s is %s", (asked, file) => {
    expect(findGguf("at", asked, files)).toBe(file);
  });

  it.each([
    ["Q4_K", /at must have one GGUF file for "Q4_K", of .*, got \["m-Q4_K_M\.gguf", "m-Q4_K_S\.gguf"\]/],
    ["Q5_0", /for "Q5_0".*got nothing/],
    ["m", /for "m".*got \["m-Q4_K_M\.gguf", "m-Q4_K_S\.gguf", "m-Q8_0\.gguf", "F16\/m-F16-00001-of-00002\.gguf"\]/],
  ])("%s is refused, with all of them", (asked, message) => {
    expect(() => findGguf("at", asked, files)).toThrow(message);
  });

  it.each(["IQ4_XS", "m-IQ2_M.gguf", "UD-IQ1_S/m-UD-IQ1_S-00001-of-00002.gguf", "m.i1-iq3_xxs.gguf", "mxfp4", "TQ1_0"])(
    "%s is of a type that is not read",
    (name) => {
      expect(() => checkReadByName("at", name)).toThrow(/^at: .* must have tensors of the types F32, F16, .*, got "/);
    },
  );

  it.each(["Q4_K_M", "m-IQ-Q8_0.gguf", "unIQ4_XS.gguf", "f16", "Q3_K_XL"])("%s may be read", (name) => {
    expect(() => checkReadByName("at", name)).not.toThrow();
  });

  it("stands behind the repository's name", () => {
    expect(parseRepositoryName("o/n")).toEqual({ id: "o/n" });
    expect(parseRepositoryName("o/n:Q4_K_M")).toEqual({ id: "o/n", gguf: "Q4_K_M" });
    expect(parseRepositoryName("o/n:a/b.gguf@main")).toEqual({ id: "o/n", gguf: "a/b.gguf", revision: "main" });
    expect(parseRepositoryName("o/n@main:Q8_0")).toEqual({ id: "o/n", gguf: "Q8_0", revision: "main" });
    expect(parseRepositoryName("o/n@refs/pr/1")).toEqual({ id: "o/n", revision: "refs/pr/1" });
    for (const bad of ["o/n@main:", "o/n@", "o/n:Q8_0@main:Q4_0", "o/n@main:Q8_0@v1", "o/n@:Q8_0"])
      expect(() => parseRepositoryName(bad)).toThrow(/openSource: a model must be/);
    expect(() => parseRepositoryName("o/n:")).toThrow(/owner\/name:Q4_K_M on the hub, got "o\/n:"/);
    expect(() => parseRepositoryName("n:Q4_K_M")).toThrow(/openSource: a model must be/);
  });
});
