import { join } from "node:path";
import { layText, modelFolders } from "./model-files.ts";
import { finish, ropewalk, type Writer } from "./writer.ts";

const reading = (text: string): Writer => ({
  name: "save",
  prepare: async (home) => {
    layText(join(home, "old.txt"), 10);
    layText(join(home, "new.txt"), 30);
    await finish(reading("old.txt"), home);
  },
  args: () => ropewalk("read", modelFolders.stories, text, "--save", "out/book.kv"),
  unitOf: (file) => file,
  bothSucceed: true,
});

/** A prefix that was read is saved in place of another. */
export const save: Writer = reading("new.txt");
