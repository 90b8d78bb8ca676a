/** A deed with no place of its own to say how it ended. */
import { announce } from './live-region.ts';

/** Does it, and shows in a dialog why it could not be done. */
export async function attempt(act: () => Promise<unknown>, said = ''): Promise<boolean> {
  try {
    await act();
    if (said) announce(said);
    return true;
  } catch (error) {
    const { showProblem } = await import('./dialogs/problem-dialog.ts');
    await showProblem(error);
    return false;
  }
}
