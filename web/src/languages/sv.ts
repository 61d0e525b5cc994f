export default import.meta.glob(['../*/locales/sv.json', '!../{meeting,flows,emoji,search}/**'], { eager: true, import: 'default' });
