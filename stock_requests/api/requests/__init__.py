"""Stock requests themselves: making and changing them, and every act of their workflow."""
