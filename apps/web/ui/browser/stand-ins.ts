/**
 * Stand-ins for what libraries touch as they are loaded, where a browser lacks or refuses it: an error there would leave
 * nothing of the page. Imported before anything else. Our own code uses the modules beside this one.
 */

/** With LANG=C, Chromium calls its language `en-US@posix`, which Intl refuses; uPlot formats numbers in it. */
function standInForLanguage(): void {
  try {
    new Intl.NumberFormat(navigator.language).format(0);
  } catch {
    define(navigator, 'language', 'en-US');
    define(navigator, 'languages', ['en-US']);
  }
}

/** uPlot asks for the zone of the browser's own locale. */
function standInForZone(): void {
  try {
    new Intl.DateTimeFormat().resolvedOptions();
  } catch {
    const { DateTimeFormat } = Intl;
    define(Intl, 'DateTimeFormat', function zoned(locale: string | undefined, options: Intl.DateTimeFormatOptions) {
      return new DateTimeFormat(locale ?? 'en-US', options);
    });
  }
}

/** uPlot watches the density of the screen. */
function standInForMatchMedia(): void {
  const nothing = () => undefined;
  const silent = { matches: false, addEventListener: nothing, removeEventListener: nothing };
  const original = window.matchMedia;
  if (typeof original !== 'function') {
    define(window, 'matchMedia', (media: string) => ({ ...silent, media }));
    return;
  }
  if (typeof window.MediaQueryList?.prototype.addEventListener === 'function') return;
  define(window, 'matchMedia', (media: string) => {
    const list: MediaQueryList = original.call(window, media);
    if (typeof list.addEventListener === 'function') return list;
    return {
      media,
      get matches() {
        return list.matches;
      },
      addEventListener: (_change: string, listener: () => void) => list.addListener?.(listener),
      removeEventListener: (_change: string, listener: () => void) => list.removeListener?.(listener),
    };
  });
}

function define(owner: object, name: string, value: unknown): void {
  try {
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  } catch {
    // What cannot be replaced has to do; a failure is then shown in place of the page.
  }
}

standInForLanguage();
standInForZone();
standInForMatchMedia();
