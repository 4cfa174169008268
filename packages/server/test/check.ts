/** `npm run check:server`: the 200 requests again and again, and what the process holds after each time. */
import { askable, askMany, prefixBytesOf, startWorkers, stateOf } from "./many.ts";

const rounds = Number(process.env["ROUNDS"] ?? 12);
const cacheBytes = 8_000_000;
/** What a process may hold more at its end than after the first rounds, which fill its caches. */
const slack = 40e6;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const collected = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().rss;
};

const questions = await askable();
const { url, close } = await startWorkers(cacheBytes);
const held: number[] = [];
let failed = false;
for (let round = 1; round <= rounds; round++) {
  const begun = performance.now();
  const { right, left, wrong } = await askMany(url, questions, { requests: 200, clients: 20 });
  const { running, waiting } = await stateOf(url);
  const prefixBytes = await prefixBytesOf(url);
  held.push(collected());
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(
    `round ${round}: ${right} right, ${wrong.length} wrong, ${left} left, ${running} running, ${waiting} waiting, ` +
      `${megabytes(prefixBytes)} of prefixes, ${megabytes(held.at(-1)!)} of memory, ${seconds} s`,
  );
  for (const each of wrong) console.log(`  wrong: ${each}`);
  failed ||= wrong.length > 0 || running + waiting > 0 || prefixBytes > cacheBytes;
}
await close();
const settled = held.slice(1, Math.ceil(rounds / 2) + 1);
const [before, after] = [Math.max(...settled), held.at(-1)!];
console.log(`memory: at most ${megabytes(before)} in the first half, ${megabytes(after)} at the end`);
if (failed || after > before + slack) {
  console.log("check:server: failed");
  process.exitCode = 1;
}
