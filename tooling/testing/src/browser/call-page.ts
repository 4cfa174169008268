/** What a page offers, called by name from the program that opened it. */
import type { Page as Tab } from "playwright-core";

type Offers = Readonly<Record<string, (...given: never[]) => unknown>>;

/** Calls in a tab whose page has these as globals. */
export const askIn =
  <Page extends Offers>() =>
  <Name extends keyof Page & string>(
    tab: Tab,
    name: Name,
    ...given: Parameters<Page[Name]>
  ): Promise<Awaited<ReturnType<Page[Name]>>> =>
    tab.evaluate(
      ([called, args]) => (globalThis as unknown as Record<string, (...all: unknown[]) => unknown>)[called]!(...args),
      [name, given] as const,
    ) as Promise<Awaited<ReturnType<Page[Name]>>>;
