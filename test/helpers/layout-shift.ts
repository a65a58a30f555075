import type { Page } from "playwright-core";

/** What moved on a page by itself: its share of the window times the way, as Cumulative Layout Shift adds it up. */
export interface LayoutShift {
  score: number;
  /** The elements that moved. */
  elements: string[];
}

/** Collects the layout shifts of the pages that `page` opens from now on. */
export async function watchLayoutShift(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shifts: LayoutShift = { score: 0, elements: [] };
    Object.assign(window, { layoutShifts: shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as ShiftEntry[]) {
        if (entry.hadRecentInput) continue;
        shifts.score += entry.value;
        for (const { node } of entry.sources) if (node instanceof Element) shifts.elements.push(`${node.tagName} ${node.className}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** The shifts of the page that is open, once its pictures and types have arrived. */
export async function layoutShift(page: Page): Promise<LayoutShift> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    // Pictures below the window load when they come near it.
    const near = [...document.images].filter((image) => image.getBoundingClientRect().top < innerHeight);
    await Promise.all(near.map((image) => image.decode().catch(() => undefined)));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
  return page.evaluate(() => (window as unknown as { layoutShifts: LayoutShift }).layoutShifts);
}

/** An entry of the Layout Instability API, which the types of the DOM lack. */
interface ShiftEntry extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
  sources: { node: Node | null }[];
}
