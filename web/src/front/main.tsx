import { Loading, mount } from "../ui";

void mount(() => <Loading />);
