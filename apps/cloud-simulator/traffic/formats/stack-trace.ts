import type { Thrown } from '../log-line.ts';

/** As a JVM prints it, with causes. */
export function javaStackTrace(thrown: Thrown): string {
  const frames = [
    'com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:696)',
    'com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:197)',
    'com.shop.payments.LedgerRepository.insert(LedgerRepository.java:88)',
    'com.shop.payments.PaymentService.capture(PaymentService.java:141)',
    'java.base/java.lang.Thread.run(Thread.java:1583)',
  ];
  const own = `${thrown.type}: ${thrown.message}\n${frames.map((frame) => `\tat ${frame}`).join('\n')}`;
  return thrown.cause === undefined
    ? own
    : `${own}\nCaused by: ${javaStackTrace(thrown.cause)}\n\t... 5 common frames omitted`;
}

/** As CPython prints it: the cause first. */
export function pythonTraceback(thrown: Thrown): string {
  const own = [
    'Traceback (most recent call last):',
    '  File "/app/recommendations/api.py", line 57, in recommend',
    '    scores = model.rank(user, candidates)',
    '  File "/app/recommendations/model.py", line 112, in rank',
    '    return self._weights[user.segment] @ matrix',
    `${thrown.type}: ${thrown.message}`,
  ].join('\n');
  if (thrown.cause === undefined) return own;
  const between = '\n\nThe above exception was the direct cause of the following exception:\n\n';
  return `${pythonTraceback(thrown.cause)}${between}${own}`;
}

/** As V8's `error.stack`. */
export function nodeStack(thrown: Thrown): string {
  return [
    `${thrown.type}: ${thrown.message}`,
    '    at PaymentsClient.capture (file:///app/src/payments-client.js:64:13)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
    '    at async placeOrder (file:///app/src/place-order.js:31:21)',
    '    at async Object.handler (file:///app/src/routes/checkout.js:18:20)',
  ].join('\n');
}

/** As .NET's `Exception.ToString()`: the inner one between. */
export function dotnetStackTrace(thrown: Thrown): string {
  const cause =
    thrown.cause === undefined
      ? ''
      : `\n ---> ${thrown.cause.type}: ${thrown.cause.message}\n   --- End of inner exception stack trace ---`;
  return [
    `${thrown.type}: ${thrown.message}${cause}`,
    '   at Shop.Storefront.CheckoutClient.PostAsync(Order order) in /src/Storefront/CheckoutClient.cs:line 47',
    '   at Shop.Storefront.Controllers.BasketController.Submit(BasketForm form) in /src/Storefront/Controllers/BasketController.cs:line 92',
  ].join('\n');
}

/** As the Go runtime prints a panic. */
export function goPanic(thrown: Thrown): string {
  return [
    `panic: ${thrown.message}`,
    '',
    'goroutine 218 [running]:',
    'main.(*Pricer).quote(0xc000112000, {0xc0004a21e0, 0x10})',
    '\t/src/pricing/pricer.go:73 +0x1d4',
    'created by net/http.(*Server).Serve in goroutine 1',
    '\t/usr/local/go/src/net/http/server.go:3454 +0x485',
  ].join('\n');
}
