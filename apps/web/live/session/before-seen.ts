/** For what is out of sight: often enough to be counted. */
const outOfSightMs = 250;
const hiddenTabMs = 1000;

/** Before the next picture where it will be seen; a tab that is not drawn still keeps up, once a second. */
export function beforeSeen(work: () => void, isInSight: boolean): void {
  if (document.hidden || !isInSight) {
    setTimeout(work, document.hidden ? hiddenTabMs : outOfSightMs);
    return;
  }
  // A tab that is hidden before its next picture is not drawn at all.
  const timer = setTimeout(() => {
    cancelAnimationFrame(frame);
    work();
  }, hiddenTabMs);
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer);
    work();
  });
}
