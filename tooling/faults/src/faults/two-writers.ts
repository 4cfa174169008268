import type { Trial } from "@ropewalk/testing/trials";
import { writers } from "../writers/index.ts";
import { undisturbed } from "../writers/undisturbed.ts";
import { start, type Writer } from "../writers/writer.ts";

const rounds = 10;

const racing = (writer: Writer): Trial => ({
  name: `two writers: ${writer.name}`,
  bar: writer.bothSucceed
    ? "both succeed, one behind the other or each whole, and the result is the right one"
    : "at least one succeeds, another is refused by name, and the result is the right one",
  run: async (scale) => {
    const home = await undisturbed(writer);
    const all = Math.ceil(scale * rounds);
    const wrong: string[] = [];
    let [done, refused] = [0, 0];
    for (let round = 0; round < all; round++) {
      const ends = await Promise.all([1, 2].map(() => start(writer, home.path).ended));
      const failed = ends.filter(({ code }) => code !== 0);
      done += ends.length - failed.length;
      refused += failed.length;
      for (const { stderr } of failed)
        if (writer.bothSucceed || !/ must be /.test(stderr) || /\n {4}at /.test(stderr))
          wrong.push(`one said ${stderr.slice(0, 300)}`);
      if (failed.length === 2) wrong.push("neither succeeded");
      else if (!home.isNew(home.out)) wrong.push("the result is not the right one");
      home.reset();
    }
    wrong.push(...(await home.wrongInTheEnd()));
    await home.end();
    return {
      figure: `${all} races: ${done} succeeded, ${refused} refused; wrong: ${wrong.length === 0 ? "none" : wrong.join(", ")}`,
      holds: wrong.length === 0,
    };
  },
});

export const races: readonly Trial[] = writers.map(racing);
