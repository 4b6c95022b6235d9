/** What the end-to-end test asks inside the page; defined there as `kaikuTest`. */
globalThis.kaikuTest = {
  /** Resolves when the images of the first screens have been decoded. */
  async imagesArrived() {
    const images = [...document.querySelectorAll('img')].slice(0, 12);
    for (const image of images) image.loading = 'eager';
    await Promise.all(images.map((image) => image.decode().catch(() => undefined)));
  },
  /** Pixels by which the page is wider than its window. */
  overflow: () => document.documentElement.scrollWidth - window.innerWidth,
  /** One line for each accessibility violation that axe finds. */
  async violations() {
    const found = await globalThis.axe.run();
    return found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`,
    );
  },
  /** Time at which each alarm row was first seen, by `entity rule`. */
  seen: {},
  watchAlarms() {
    const look = () => {
      for (const row of document.querySelectorAll('[data-testid="alarm-row"]')) {
        this.seen[`${row.dataset.entity} ${row.dataset.rule}`] ??= Date.now();
      }
    };
    look();
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  },
};
