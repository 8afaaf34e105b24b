import { defineConfig } from 'vite';

/** The page, built into `dist`: what the api role serves. `npm start` and `npm test` build it when its sources changed. */
export default defineConfig(({ command }) => {
  // Whatever the environment says, as it does within tests: what is built is React as it is meant for people.
  if (command === 'build') process.env.NODE_ENV = 'production';
  return {
    root: import.meta.dirname,
    build: {
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // One script is all of the page; scripts/bench-web.ts holds it to its budget.
      chunkSizeWarningLimit: 700,
    },
    server: {
      // Of `npm run dev`: the page reloads as its sources change. The host stays the page's own, as the session requires.
      proxy: { '/api': { target: process.env.TAILRACE_URL ?? 'http://127.0.0.1:8080', ws: true } },
    },
  };
});
