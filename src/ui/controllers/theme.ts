/** Light or dark: what the settings say, on the root element; `system` leaves it to the operating system. */
import type { Settings } from '../../app/model.ts';
import type { Observable } from '../../app/observable.ts';

/** Follows the settings from now on; the returned function ends it. */
export function followTheme(settings: Observable<Settings>, root: HTMLElement = document.documentElement): () => void {
  const apply = ({ theme }: Settings): void => {
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  apply(settings.value);
  return settings.subscribe(apply);
}
