/** What the end-to-end test asks inside the page; defined there as `kaikuTest`. */
globalThis.kaikuTest = {
  /** Resolves when the images of the first screens have been decoded, those of another theme too. */
  async imagesArrived() {
    const images = [...document.querySelectorAll('img')].slice(0, 12);
    for (const image of images) image.loading = 'eager';
    // A frame for the page to choose among sources, then until all are there, as far as they come.
    const endMs = performance.now() + 10_000;
    do await new Promise((done) => requestAnimationFrame(done));
    while (performance.now() < endMs && images.some((image) => !image.complete));
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
