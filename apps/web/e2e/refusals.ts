/** What a browser lacks or refuses, as a script that runs in the page before any other. */
export interface Refusal {
  readonly name: string;
  readonly script: () => void;
}

export const refusals: readonly Refusal[] = [
  {
    name: 'localStorage and sessionStorage that throw when they are read',
    script: () => {
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException('Access is denied for this document.', 'SecurityError');
          },
        });
      }
    },
  },
  {
    name: 'no localStorage and sessionStorage at all',
    script: () => {
      for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { value: null });
    },
  },
  {
    name: 'storage that is full',
    script: () => {
      Storage.prototype.setItem = () => {
        throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
      };
    },
  },
  {
    name: 'no matchMedia',
    script: () => Object.defineProperty(window, 'matchMedia', { value: undefined }),
  },
  {
    name: 'matchMedia of before 2020, without addEventListener',
    script: () => {
      for (const name of ['addEventListener', 'removeEventListener']) {
        Object.defineProperty(MediaQueryList.prototype, name, { value: undefined });
      }
    },
  },
  { name: 'no ResizeObserver', script: () => Object.defineProperty(window, 'ResizeObserver', { value: undefined }) },
  {
    name: 'no IntersectionObserver',
    script: () => Object.defineProperty(window, 'IntersectionObserver', { value: undefined }),
  },
  {
    name: 'a language that Intl does not know',
    script: () => {
      Object.defineProperty(Navigator.prototype, 'language', { get: () => 'en-US@posix' });
      Object.defineProperty(Navigator.prototype, 'languages', { get: () => ['en-US@posix'] });
    },
  },
  {
    name: 'Intl that throws for the browser’s own locale',
    script: () => {
      const refuse = () => {
        throw new RangeError('Incorrect locale information provided');
      };
      for (const name of ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'] as const) {
        Date.prototype[name] = refuse;
      }
      Number.prototype.toLocaleString = refuse;
      const { DateTimeFormat, NumberFormat } = Intl;
      Object.assign(Intl, {
        DateTimeFormat: function strict(locale?: string, options?: object) {
          return locale === undefined ? refuse() : new DateTimeFormat(locale, options);
        },
        NumberFormat: function strict(locale?: string, options?: object) {
          return locale === undefined ? refuse() : new NumberFormat(locale, options);
        },
      });
    },
  },
  {
    name: 'no clipboard, no crypto.randomUUID, as on plain http',
    script: () => {
      Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined });
      Object.defineProperty(Crypto.prototype, 'randomUUID', { value: undefined });
      Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined });
    },
  },
  {
    name: 'a clipboard that refuses',
    script: () => {
      const refused = async () => {
        throw new DOMException('Write permission denied.', 'NotAllowedError');
      };
      Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => ({ writeText: refused }) });
    },
  },
  {
    name: 'no BroadcastChannel, no Notification, no structuredClone, no locks',
    script: () => {
      for (const name of ['BroadcastChannel', 'Notification', 'structuredClone', 'requestIdleCallback']) {
        Object.defineProperty(window, name, { value: undefined });
      }
      Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined });
    },
  },
  {
    name: 'a history that takes no more changes',
    script: () => {
      const refuse = () => {
        throw new DOMException('Attempt to use history.pushState() more than 100 times.', 'SecurityError');
      };
      Object.assign(History.prototype, { pushState: refuse, replaceState: refuse });
    },
  },
  {
    name: 'a canvas that cannot be drawn on',
    script: () => {
      HTMLCanvasElement.prototype.getContext = () => null;
    },
  },
];
