"""Common names by origin, most frequent first: the head of the lists when no tables are given.

Packages on the registry have long lists but few frequencies, and little that is written in Latin letters for some
origins; these short lists put the right names at the head. They are names, not people.
"""

__all__ = ["COMMON_FORENAMES", "COMMON_SURNAMES", "SECOND_PARTS"]

# origin: (boys, girls)
COMMON_FORENAMES: dict[str, tuple[str, str]] = {
    "British": (
        """
        Oliver George Noah Arthur Harry Leo Jack Charlie Oscar Jacob Henry Thomas Freddie Alfie Theo William
        Theodore Archie Joshua Alexander James Isaac Edward Lucas Tommy Finley Max Logan Ethan Samuel Joseph
        Daniel Teddy Benjamin Mason Reggie Elijah Harrison Sebastian Luca Louie Albert Roman Hugo Reuben
        Rory Jude Ronnie Dylan Riley Tyler Callum Liam Connor Luke Matthew Ryan Nathan Jake Toby Ben Owen
        Bobby Stanley Jenson Frankie Zachary Michael Elliot Ellis Adam Lewis Jayden Cameron Harvey Kai Aiden
        Caleb Rowan Felix Ezra Blake Jackson David Gabriel Robert John Sonny Jesse Ralph Rupert Hunter
        Kayden Bradley Joel Brody""",
        """
        Olivia Amelia Isla Ava Mia Ivy Lily Isabella Rosie Sophia Grace Willow Freya Florence Emily Ella
        Poppy Evie Charlotte Elsie Evelyn Daisy Sienna Sofia Alice Phoebe Sophie Ruby Harper Matilda Millie
        Maisie Esme Emma Chloe Eliza Erin Lottie Jessica Bella Violet Orla Layla Eleanor Penelope Holly
        Imogen Nancy Thea Aurora Molly Lucy Scarlett Georgia Robyn Darcie Abigail Rose Harriet Lola Summer
        Martha Megan Amber Hannah Zara Bonnie Ellie Lyla Lilly Eva Gracie Elizabeth Anna Lexi Katie
        Annabelle Skye Leah Amy Bethany Paige Lacey Lauren Caitlin Niamh Maddison Hollie Tilly Beatrice Iris
        Edith Ada Mabel Hallie Delilah Clara Rebecca Sarah""",
    ),
    "Irish": (
        """
        Conor Sean Cillian Oisin Patrick Fionn Rian Finn Darragh Tadhg Ciaran Eoin Cian Declan Aidan Shay
        Brendan Padraig Ronan Kieran Niall Donnacha Cormac Diarmuid Eamon""",
        """
        Aoife Saoirse Niamh Caoimhe Ciara Orla Roisin Fiadh Sinead Clodagh Eimear Aisling Erin Cara Siobhan
        Maeve Grainne Deirdre Orlaith Sadhbh Bridget Nuala Shauna""",
    ),
    "Pakistani and Bangladeshi": (
        """
        Muhammad Mohammed Mohammad Ibrahim Yusuf Ali Ahmed Musa Hamza Adam Abdullah Zain Ismail Yahya Umar
        Hassan Rayyan Bilal Zakariya Eesa Haris Hussain Isa Khalid Ayaan Ayan Idris Mustafa Imran Haroon
        Usman Abdul Tariq Aariz Zayn Rehan Faizan Shayan Arham Sulaiman Daud Suleman Junaid Zayd Ameer Omar
        Adil Kamran Asad""",
        """
        Fatima Maryam Aisha Zainab Khadija Inaya Aisha Hafsa Amina Zahra Safa Sumayyah Maryam Hania Ayesha
        Anaya Sara Noor Aaliyah Iqra Haniya Ameera Sana Laiba Hiba Zoya Alisha Eshal Maira Mariam Aleena
        Zara Nusaybah Ruqayyah Arya Tahmina Nabila Samira Rukhsana Farzana Shazia Nasreen Saima Rabia Sadia
        Uzma""",
    ),
    "Indian": (
        """
        Aarav Arjun Vihaan Ishaan Dev Rohan Krish Aryan Kiaan Shiv Ayaan Reyansh Vivaan Veer Dhruv Jay Kavin
        Rahul Sai Nikhil Harjit Gurpreet Fateh Sahib Jaskaran Arun Amar Karan Yash Om""",
        """
        Anaya Aanya Diya Anika Ananya Saanvi Isha Aadhya Riya Kiara Mia Priya Maya Jasmin Simran Kavya Meera
        Pooja Aarohi Avni Nisha Neha Zara Jasleen Harleen Kirat Myra Siya Tara Asha""",
    ),
    "West African": (
        """
        David Daniel Emmanuel Samuel Joshua Michael Joseph Elijah Oluwaseun Temitope Ayomide Tobi Tobiloba
        Chidi Chukwuemeka Ebuka Kwame Kofi Kwabena Kojo Nathaniel Caleb Jeremiah Malachi Femi Ayodele""",
        """
        Esther Grace Deborah Blessing Favour Precious Praise Temiloluwa Oluwatosin Chioma Chidinma Ngozi Ama
        Akosua Abena Adwoa Eniola Ayomide Mofiyinfoluwa Hannah Rachel Elizabeth Joy Gift Victoria Zainab""",
    ),
    "East African": (
        """
        Mohamed Abdirahman Ahmed Abdullahi Yusuf Hassan Ibrahim Abdi Ali Omar Bilal Zakaria Liban Mahad
        Yonas Natnael Samuel Daniel Dawit Bereket Khalid Hamza Ismail Suhaib Ayub""",
        """
        Amina Fatima Hodan Ayaan Sumaya Khadija Maryan Hafsa Ifrah Nasra Ikram Salma Zamzam Hamdi Bethlehem
        Selam Mahlet Ruth Hana Asma Halima Sagal Najma Idil Muna""",
    ),
    "Arab": (
        """
        Mohammed Omar Yousef Adam Ahmed Ali Ibrahim Hassan Karim Hamza Zayd Anas Ilyas Rayan Amir Khalid
        Mustafa Sami Tariq Bilal Yassin Jad Malik Faisal Nabil""",
        """
        Maryam Fatima Lina Layla Sara Nour Yasmin Aya Salma Hana Amira Jana Malak Zainab Mariam Rania Dina
        Noor Tala Yara Farah Leen Huda Reem Iman""",
    ),
    "Turkish": (
        """
        Yusuf Emir Eymen Kerem Mert Deniz Arda Emre Kaan Berk Can Efe Ali Mustafa Umut Baran Azad Enes Hasan
        Ozan""",
        """
        Zeynep Elif Defne Ecrin Eylul Azra Asya Ela Nehir Dilara Melisa Aylin Selin Deniz Ebru Ceren Esra
        Berfin Sude Lara""",
    ),
    "Polish": (
        """
        Antoni Jakub Jan Oskar Kacper Filip Adam Szymon Aleksander Oliwier Maksymilian Dawid Alan Mateusz
        Michal Wojciech Bartosz Nikodem Marcel Igor""",
        """
        Zuzanna Julia Zofia Maja Hanna Lena Alicja Oliwia Amelia Wiktoria Nadia Natalia Aleksandra Gabriela
        Emilia Nikola Pola Kornelia Antonina Laura""",
    ),
    "Romanian": (
        """
        David Andrei Matei Alexandru Luca Gabriel Stefan Ionut Darius Mihai Rares Eduard Robert Denis
        Cristian Nicolas""",
        """
        Sofia Maria Andreea Ioana Elena Alexandra Daria Eva Anastasia Antonia Bianca Denisa Gabriela Mihaela
        Larisa Ana""",
    ),
    "Other eastern European": (
        """
        Matas Lukas Jonas Nikola Aleksandar Adam Daniel Roberts Artur Maksim Mark Dominik Erik Luka David
        Kristian""",
        """
        Emilija Viktoria Sofija Aleksandra Anna Elena Nikol Kristina Gabija Liepa Daniela Eva Nela Mia
        Anastasia Maria""",
    ),
    "Spanish and Portuguese": (
        """
        Mateo Santiago Lucas Gabriel Rafael Tiago Miguel Joao Diego Pedro Francisco Afonso Martim Leo Thiago
        David""",
        """
        Sofia Maria Lara Beatriz Valentina Isabella Leonor Lucia Luana Ana Carolina Matilde Martina Julia
        Gabriela Ines""",
    ),
    "Italian": (
        """
        Leonardo Francesco Alessandro Lorenzo Mattia Andrea Gabriele Riccardo Tommaso Edoardo Luca Matteo
        Pietro Marco""",
        """
        Sofia Aurora Giulia Ginevra Alice Beatrice Emma Giorgia Vittoria Matilde Greta Chiara Martina Bianca
        Elena Anna""",
    ),
    "Chinese and Vietnamese": (
        """
        Jason Ethan Lucas Kevin Jayden Ryan Andy Vincent Haoran Zihan Yichen Muchen Junjie Wei Ming Jun Minh
        Khoi Duc Huy Long Hao Yuxuan Tianyu Chun Ho""",
        """
        Emily Chloe Sophie Jessica Alice Amy Mei Xinyi Yutong Ruoxi Zihan Yuhan Jiayi Ling Hui Linh Anh
        Trang Mai Phuong Thao Ngoc Yan Ying Wing Hoi""",
    ),
}

COMMON_SURNAMES: dict[str, str] = {
    "Irish": """
        Murphy Kelly O'Sullivan Walsh Byrne Ryan O'Connor O'Neill O'Reilly Doyle McCarthy Gallagher Doherty
        Kennedy Lynch Murray Quinn Moore McLoughlin Carroll Connolly Daly O'Connell Wilson Dunne Brennan
        Burke Collins Campbell Clarke Johnston Hughes O'Farrell Fitzgerald Brown Martin Maguire Nolan Flynn
        Thompson Callaghan O'Donnell Duffy O'Mahony Boyle Healy O'Shea White Sweeney Hayes Kavanagh Power
        McGrath Moran Brady Stewart Casey Foley O'Leary""",
    "Pakistani and Bangladeshi": """
        Khan Ahmed Hussain Ali Begum Akhtar Mahmood Iqbal Shah Malik Rahman Uddin Islam Miah Chowdhury
        Mohammed Rashid Bibi Hassan Butt Mirza Hussein Aslam Akram Sheikh Qureshi Choudhury Siddique Kausar
        Javed Saleem Rehman Parveen Ashraf Raza Anwar Yousaf Zaman Haque Alam Kabir Sultana Khatun Khanom
        Mian Nawaz Afzal Arshad Tariq Bashir Hanif Rafiq Shafiq Sarwar Sadiq Saeed Zafar Riaz Latif Karim
        Aziz Rauf Younis Hameed Majid Sharif Munir Nazir Bano Awan Dar Baig Abbasi Ansari Chaudhry Gill
        Bhatti""",
    "Indian": """
        Patel Singh Kaur Shah Sharma Kumar Gupta Mistry Desai Joshi Mehta Gill Sandhu Dhillon Sidhu Nair
        Reddy Rao Das Roy Verma Bhatt Chauhan Parmar Solanki Varma Pillai Menon Iyer Nathan Sivakumar Mathew
        Bains Grewal Johal Rai Randhawa Uppal Virdi Lad Modi Naik Trivedi Kapoor Malhotra Khanna Chopra Bose
        Ghosh""",
    "West African": """
        Mensah Owusu Boateng Osei Asante Adeyemi Okafor Okeke Eze Nwosu Adebayo Balogun Bello Ogunleye
        Oladipo Ibrahim Appiah Agyeman Amoah Antwi Opoku Sarpong Darko Addo Okoro Obi Onyeka Ajayi Olawale
        Afolabi Sesay Kamara Koroma Conteh Bangura Jalloh Turay Kargbo Mansaray Danso Frimpong Gyamfi Kuti
        Lawal Salami""",
    "East African": """
        Mohamed Ahmed Ali Abdi Hassan Hussein Omar Yusuf Ibrahim Farah Osman Warsame Jama Adan Isse
        Abdullahi Mohamud Nur Elmi Hersi Haile Tesfaye Gebre Abraha Bekele Tekle Kidane Berhe Otieno Mwangi
        Kamau Wanjiru Nakato Mukasa Okello Odhiambo Kariuki Njoroge Barre Ismail Dahir Hirsi Duale Samatar
        Ayanle""",
    "Arab": """
        Ali Mohammed Ahmed Hassan Ibrahim Hussein Saleh Abdullah Mahmoud Khalil Hamdan Mansour Nasser Said
        Khoury Haddad Salem Amin Aziz Bakr Darwish Fadel Ghali Habib Issa Jaber Kassem Mustafa Najjar Othman
        Qasim Rashid Saad Taha Youssef Zaki Al-Hassan Al-Sayed El-Amin Abbas Karimi Ahmadi Rahimi Hosseini
        Stanikzai""",
    "Turkish": """
        Yilmaz Kaya Demir Celik Sahin Yildiz Ozturk Aydin Arslan Dogan Kilic Aslan Cetin Kara Koc Kurt
        Ozdemir Simsek Polat Erdogan Korkmaz Ozkan Bulut Yildirim Guler Mehmet Hassan Ibrahim Hussein Osman""",
    "Polish": """
        Nowak Kowalski Wisniewski Wojcik Kowalczyk Kaminski Lewandowski Zielinski Szymanski Wozniak
        Dabrowski Kozlowski Jankowski Mazur Kwiatkowski Krawczyk Piotrowski Grabowski Pawlowski Michalski
        Krol Wieczorek Jablonski Wrobel Nowakowski Majewski Olszewski Stepien Malinowski Jaworski Adamczyk
        Dudek Gorski Zajac""",
    "Romanian": """
        Popa Popescu Ionescu Pop Radu Stan Dumitru Stoica Gheorghe Matei Ciobanu Rusu Munteanu Moldovan
        Serban Lazar Constantin Marin Tudor Dinu Florea Barbu Nistor Cojocaru Lungu Vasile Balan Sandu Mihai
        Dragomir Toma Anghel Oprea Ene Manea Cristea Nedelcu Olteanu Tanase Voicu""",
    "Other eastern European": """
        Kazlauskas Ivanov Dimitrov Petrov Nagy Kovacs Hoxha Shehu Horvath Novak Georgiev Balogh Jankauskas
        Berzins Ozols Todorov Varga Toth Prifti Gashi Krasniqi Berisha Petrauskas Stankevicius Kalnins
        Melnyk Shevchenko Kovalenko Bondarenko Nikolov Hristov Szabo Horvat Kovac Dervishi Leka Hysa Rama
        Marku Mihajlov""",
    "Spanish and Portuguese": """
        Silva Santos Ferreira Pereira Garcia Rodriguez Fernandes Gonzalez Lopez Oliveira Costa Martinez
        Sanchez Perez Rodrigues Gomes Martins Gomez Sousa Almeida Lima Ribeiro Alves Carvalho Torres Ramirez
        Fernandez Vieira Correia Mendes Diaz Moreno Castro Pinto Barbosa Teixeira Moreira Nunes Vargas
        Romero""",
    "Italian": """
        Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Costa
        Mancini Giordano Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara
        Galli Martini Leone""",
    "Chinese and Vietnamese": """
        Chen Wang Li Zhang Liu Lin Chan Wong Cheung Lee Lau Ng Leung Ho Yang Huang Wu Zhou Zheng Xu Lam
        Cheng Tang Nguyen Tran Le Pham Hoang Phan Vu Vo Dang Bui Do Ngo Duong Ly Chow Yip Tsang Kwok Fung
        Mak Hui Tse Poon Lo Sun Ma Zhu Hu Guo He Gao Luo""",
}

SECOND_PARTS = (
    "Jay Lee James Ray John Junior Joe",
    "Mae Rose Grace Leigh Mai Louise Jane Rae Jayne Marie Anne May",
)
